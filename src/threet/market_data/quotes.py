"""The newest prices as somebody who trades on them needs them: with their ages."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from threet.model.prices import NewestPrice, PriceKey, PriceKind
from threet.ports.clock import Clock

_NANOSECONDS_A_MS = 1_000_000


class Quotes:
    """Written by one thread, read by another: each ``note`` replaces all at once."""

    def __init__(self, clock: Clock, most_age_ms: int) -> None:
        self._clock = clock
        self._most_age_ms = most_age_ms
        self._known: Mapping[PriceKey, NewestPrice] = {}

    def note(self, prices: Sequence[NewestPrice]) -> None:
        self._known = {(one.symbol, one.kind): one for one in prices}

    def best(self, symbol: str) -> tuple[Decimal, Decimal] | None:
        """Bid and ask, None unless both are fresh and do not cross."""
        bid = self._fresh(symbol, PriceKind.BID)
        ask = self._fresh(symbol, PriceKind.ASK)
        if bid is None or ask is None or bid >= ask:
            return None
        return bid, ask

    def mids(self) -> Mapping[str, tuple[Decimal, int]]:
        """Every known mid price with its age, however old."""
        now_ms = self._clock.now_ms()
        return {
            one.symbol: (one.price, now_ms - one.received_ns // _NANOSECONDS_A_MS)
            for one in self._known.values()
            if one.kind is PriceKind.MID
        }

    def _fresh(self, symbol: str, kind: PriceKind) -> Decimal | None:
        one = self._known.get((symbol, kind))
        if one is None:
            return None
        age_ms = self._clock.now_ms() - one.received_ns // _NANOSECONDS_A_MS
        return one.price if age_ms <= self._most_age_ms else None
