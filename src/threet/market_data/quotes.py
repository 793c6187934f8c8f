"""The newest prices as somebody who trades on them needs them: with their ages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from threet.model.prices import NewestPrice, PriceKey, PriceKind
from threet.ports.clock import Clock

_NANOSECONDS_A_MS = 1_000_000
# Stamped by another process of this machine; more is a clock that was set back.
_MOST_AHEAD_MS = 1_000


@dataclass(frozen=True, slots=True)
class _Noted:
    """``age_ms`` is how old it was when it was first seen, at ``since`` of the clock
    that is never set; None if that cannot be known."""

    price: NewestPrice
    age_ms: int | None
    since: float


class Quotes:
    """Written by one thread, read by another: each ``note`` replaces all at once.

    A price that does not change its stamp grows old by the monotonic clock: one that
    is set back makes no old price fresh (O7, I4).
    """

    def __init__(self, clock: Clock, most_age_ms: int) -> None:
        self._clock = clock
        self._most_age_ms = most_age_ms
        self._known: Mapping[PriceKey, _Noted] = {}

    def note(self, prices: Sequence[NewestPrice]) -> None:
        """These are all there are."""
        self._known = self._noted(prices)

    def update(self, prices: Sequence[NewestPrice]) -> None:
        """These are newer than what is known of their symbols."""
        gone = {one.symbol for one in prices}
        kept = {key: one for key, one in self._known.items() if key[0] not in gone}
        self._known = {**kept, **self._noted(prices)}

    def _noted(self, prices: Sequence[NewestPrice]) -> Mapping[PriceKey, _Noted]:
        now_ms, now, known = self._clock.now_ms(), self._clock.monotonic(), self._known
        found: dict[PriceKey, _Noted] = {}
        for one in prices:
            key = one.symbol, one.kind
            before = known.get(key)
            if before is not None and before.price.received_ns == one.received_ns:
                found[key] = before
                continue
            age_ms = now_ms - one.received_ns // _NANOSECONDS_A_MS
            is_ahead = age_ms < -_MOST_AHEAD_MS
            found[key] = _Noted(one, None if is_ahead else max(0, age_ms), now)
        return found

    def best(self, symbol: str) -> tuple[Decimal, Decimal] | None:
        """Bid and ask, None unless both are fresh and do not cross."""
        bid = self._fresh(symbol, PriceKind.BID)
        ask = self._fresh(symbol, PriceKind.ASK)
        if bid is None or ask is None or bid >= ask:
            return None
        return bid, ask

    def mids(self) -> Mapping[str, tuple[Decimal, int]]:
        """Every known mid price with its age, however old."""
        found = {}
        for one in self._known.values():
            age_ms = self._age_ms(one)
            if one.price.kind is PriceKind.MID and age_ms is not None:
                found[one.price.symbol] = one.price.price, age_ms
        return found

    def _fresh(self, symbol: str, kind: PriceKind) -> Decimal | None:
        one = self._known.get((symbol, kind))
        age_ms = None if one is None else self._age_ms(one)
        if one is None or age_ms is None or age_ms > self._most_age_ms:
            return None
        return one.price.price

    def _age_ms(self, one: _Noted) -> int | None:
        if one.age_ms is None:
            return None
        return one.age_ms + int((self._clock.monotonic() - one.since) * 1000)
