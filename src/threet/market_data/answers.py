"""What an answer with candles says: which bars are closed, and which are missing."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from threet.market_data.schedule import SETTLE_MS
from threet.model.candles import Candle, Timeframe


@dataclass(frozen=True, slots=True)
class Hole:
    """Missing bars: the first opens at ``start_ms``, the next present at ``end_ms``."""

    start_ms: int
    end_ms: int


def settled(candles: Sequence[Candle], now_ms: int) -> Sequence[Candle]:
    """The same bars, closed only where that is beyond doubt.

    A bar with a later bar after it is over. The newest one also needs the settling time
    to have passed, so that a clock a little ahead closes nothing too early.
    """
    newest_ms = max((bar.open_ms for bar in candles), default=0)
    return [_settled(bar, now_ms, newest_ms) for bar in candles]


def _settled(bar: Candle, now_ms: int, newest_ms: int) -> Candle:
    is_over = bar.open_ms < newest_ms or bar.end_ms + SETTLE_MS <= now_ms
    if bar.is_closed == (bar.is_closed and is_over):
        return bar
    return msgspec.structs.replace(bar, is_closed=False)


def newest_closed_ms(candles: Sequence[Candle]) -> int | None:
    return max((bar.open_ms for bar in candles if bar.is_closed), default=None)


def holes(
    candles: Sequence[Candle], timeframe: Timeframe, first_ms: int | None = None
) -> Sequence[Hole]:
    """Runs of bars missing before the newest; no bar is invented for them.

    With ``first_ms`` the bar that opens then is expected, too.
    """
    found = []
    expected_ms = first_ms
    for open_ms in sorted({bar.open_ms for bar in candles}):
        if expected_ms is not None and open_ms > expected_ms:
            found.append(Hole(expected_ms, open_ms))
        expected_ms = max(open_ms + timeframe.millis, expected_ms or 0)
    return found
