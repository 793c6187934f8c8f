"""Whether a number may still be believed, judged by its age alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from threet.model.prices import Fresh, Missing, NewestPrice, Quote, Stale

_NS_PER_MS = 1_000_000
# Other machines' clocks may run ahead of ours by so much.
_MOST_AHEAD_MS = 10_000


class Liveness(Enum):
    ALIVE = "alive"
    DEAD = "dead"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many symbols have a price of each state."""

    fresh: int
    stale: int
    missing: int

    @property
    def symbols(self) -> int:
        return self.fresh + self.stale + self.missing


def price_age_ms(price: NewestPrice, now_ms: int) -> int:
    """Age by the older of both stamps: late on the wire is old on arrival."""
    received_ms = price.received_ns // _NS_PER_MS
    said_ms = received_ms if price.event_ms is None else price.event_ms
    return max(age_ms(received_ms, now_ms), age_ms(said_ms, now_ms))


def age_ms(at_ms: int, now_ms: int) -> int:
    """Never negative: another machine's clock may run a little ahead of ours.

    A stamp further ahead tells no age at all. It counts as of 1970, so that it is stale
    by every limit.
    """
    if at_ms > now_ms + _MOST_AHEAD_MS:
        return now_ms
    return max(0, now_ms - at_ms)


def judge_price(
    symbol: str, price: NewestPrice | None, *, now_ms: int, stale_after_ms: int
) -> Quote:
    if price is None:
        return Missing(symbol)
    age = price_age_ms(price, now_ms)
    return Stale(price, age) if age > stale_after_ms else Fresh(price, age)


def coverage_of(quotes: Iterable[Quote]) -> Coverage:
    counts = {Fresh: 0, Stale: 0, Missing: 0}
    for quote in quotes:
        counts[type(quote)] += 1
    return Coverage(fresh=counts[Fresh], stale=counts[Stale], missing=counts[Missing])


def judge_beat(beat_ms: int | None, *, now_ms: int, dead_after_ms: int) -> Liveness:
    """What the newest heartbeat of a process says of it; None is no heartbeat."""
    if beat_ms is None:
        return Liveness.MISSING
    is_dead = age_ms(beat_ms, now_ms) > dead_after_ms
    return Liveness.DEAD if is_dead else Liveness.ALIVE
