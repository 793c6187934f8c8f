"""Candles of all intervals, made of the market's minutes (§2.1)."""

import msgspec

from hlsim.core.candles import Candle, aggregate, merged, span
from hlsim.core.intervals import MINUTE_MS, open_ms
from hlsim.core.market import Market


class Charts:
    """What a request selects, and what is being formed now."""

    def __init__(self, market: Market) -> None:
        """Read the minutes of ``market``."""
        self._market = market
        # Per coin and interval: the minute being formed, and all before it merged.
        self._closed: dict[tuple[int, str], tuple[int, Candle | None]] = {}

    def candles(
        self, asset: int, interval: str, start_ms: int, end_ms: int, now_ms: int
    ) -> list[Candle]:
        """Return the candles a request selects, the forming one last."""
        first, last = span(interval, start_ms, end_ms, now_ms)
        return aggregate(self._market.minutes(asset, first, last), interval)

    def forming(self, asset: int, interval: str, now_ms: int) -> Candle | None:
        """Return the candle that ``now_ms`` falls into, None before its first trade."""
        minute = now_ms - now_ms % MINUTE_MS
        closed = self._closed_part(asset, interval, minute)
        newest = self._market.minutes(asset, minute, now_ms)
        if not newest:
            return closed
        row = msgspec.structs.replace(newest[-1], t=open_ms(interval, now_ms))
        return row if closed is None else merged(closed, row)

    def _closed_part(self, asset: int, interval: str, minute: int) -> Candle | None:
        known = self._closed.get((asset, interval))
        if known is None or known[0] != minute:
            first = open_ms(interval, minute)
            rows = self._market.minutes(asset, first, minute - 1)
            made = aggregate(rows, interval)
            known = (minute, made[-1] if made else None)
            # Blocks still due may bring trades of a minute before.
            if self._market.next_ms(minute) >= minute:
                self._closed[asset, interval] = known
        return known[1]
