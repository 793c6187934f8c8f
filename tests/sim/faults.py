"""What goes wrong in a run, by seed: episodes of faults, each with its chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random


class Kind(Enum):
    # Between the platform and the exchange.
    LOST_REQUEST = "O2 request lost"
    LOST_ANSWER = "O1 answer lost"
    ANSWER_502 = "O1 answered 502 or 504, but done"
    GARBAGE = "O1 answer unreadable, but done"
    LAGGING = "O5 answers as of some seconds ago"
    LATE = "O3 request arrives later"
    TWICE = "O3 request arrives twice"
    ERROR_IN_OK = "O4 ok with an error inside"
    ERROR_OF_DONE = "O4 an error told of what was done"
    SERVER_ERROR = "O8 502, and nothing done"
    RATE_LIMIT = "O9 429"
    # At the exchange.
    LIQUIDATION = "O5 liquidation"
    DROPPED_ORDERS = "O11 resting orders vanish"
    POST_ONLY = "O8 post-only"
    # On our side.
    CRASH = "O6 crash"
    CLOCK_JUMP = "O7 clock jumps"
    SILENT = "W3 symbol silent"
    MISSING = "W4 symbol missing"
    FEED_AWAY = "R1 no live prices"
    STREAM_CLOSED = "W1 account stream closed"
    STREAM_DEAF = "W2 account stream half-open"
    STREAM_TWICE = "W5 account news twice"
    DATABASE_AWAY = "D1 database away"
    COMMIT_LOST = "D1 committed, but told as failed"
    KILL_SWITCH = "B10 kill switch"


REQUEST_KINDS = (
    *(Kind.LOST_REQUEST, Kind.LOST_ANSWER, Kind.ANSWER_502, Kind.GARBAGE),
    *(Kind.LATE, Kind.TWICE, Kind.ERROR_IN_OK, Kind.ERROR_OF_DONE),
    *(Kind.SERVER_ERROR, Kind.RATE_LIMIT),
)
# These tell untruths of actions only; of a question they would be another fault.
_ACTIONS_ONLY = {Kind.LATE, Kind.TWICE, Kind.ERROR_IN_OK, Kind.ERROR_OF_DONE}
# One moment each, as far as the exchange or the machine is concerned.
_MOMENTS = {Kind.LIQUIDATION, Kind.DROPPED_ORDERS}
_OF_SYMBOLS = {Kind.SILENT, Kind.MISSING}
# So long at most the platform takes a half-open connection for a living one.
_DEAF_MS = 15_000
_RATES = (0.1, 0.4, 1.0)
# Lower, or every process would die at its first step.
_CRASH_RATES = (0.02, 0.05, 0.15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """``rate`` is the chance of each request, commit or step in it; ``amount`` is what
    the kind makes of it: how late, how far a clock jumps, in ms."""

    kind: Kind
    from_ms: int
    until_ms: int
    rate: float
    amount: int = 0
    symbol: str = ""

    def holds(self, now_ms: int) -> bool:
        return self.from_ms <= now_ms < self.until_ms


def plan(
    random: Random, *, start_ms: int, end_ms: int, symbols: Sequence[str]
) -> Sequence[Episode]:
    """Two to six episodes a minute, of all kinds, none beyond the end."""
    minutes = max(1, (end_ms - start_ms) // 60_000)
    count = random.randint(2 * minutes, 6 * minutes)
    # What threatens an order most, most often.
    kinds = [*Kind, *REQUEST_KINDS, Kind.CRASH, Kind.CRASH]
    return [
        _episode(random, random.choice(kinds), start_ms, end_ms, symbols)
        for _ in range(count)
    ]


def _episode(
    random: Random, kind: Kind, start_ms: int, end_ms: int, symbols: Sequence[str]
) -> Episode:
    from_ms = random.randrange(start_ms, end_ms)
    lasts_ms = 1 if kind in _MOMENTS else random.choice((3_000, 15_000, 60_000))
    if kind is Kind.STREAM_DEAF:
        lasts_ms = min(lasts_ms, _DEAF_MS)
    return Episode(
        kind=kind,
        from_ms=from_ms,
        until_ms=min(end_ms, from_ms + random.randint(1, lasts_ms)),
        rate=random.choice(_CRASH_RATES if kind is Kind.CRASH else _RATES),
        amount=_amount(random, kind),
        symbol=random.choice(list(symbols)) if kind in _OF_SYMBOLS else "",
    )


def _amount(random: Random, kind: Kind) -> int:
    if kind is Kind.CLOCK_JUMP:
        return random.choice((-3_600_000, -30_000, -2_000, 2_000, 30_000, 3_600_000))
    if kind is Kind.LAGGING:
        return random.choice((400, 950, 1_500, 5_000))
    if kind is Kind.LATE:
        return random.choice((300, 3_000, 12_000, 40_000, 240_000))
    return 0


@dataclass(slots=True)
class Weather:
    """Draws, at each occasion, whether an episode that holds now strikes."""

    episodes: Sequence[Episode]
    random: Random
    counts: dict[Kind, int]

    def holding(self, kind: Kind, now_ms: int, symbol: str = "") -> Episode | None:
        for one in self.episodes:
            if one.kind is kind and one.symbol == symbol and one.holds(now_ms):
                return one
        return None

    def strikes(self, kind: Kind, now_ms: int, times: int = 1) -> bool:
        """``times`` as likely as the episode says."""
        episode = self.holding(kind, now_ms)
        if episode is None or self.random.random() >= times * episode.rate:
            return False
        self.note(kind)
        return True

    def of_request(self, now_ms: int, *, is_action: bool) -> Episode | None:
        for one in self.episodes:
            if one.kind not in REQUEST_KINDS or not one.holds(now_ms):
                continue
            if one.kind in _ACTIONS_ONLY and not is_action:
                continue
            if self.random.random() < one.rate:
                self.note(one.kind)
                return one
        return None

    def note(self, kind: Kind) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + 1
