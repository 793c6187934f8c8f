"""How often a topic speaks, learned from what it said; from that, when it is silent."""

from collections.abc import Mapping
from dataclasses import dataclass

from threet.model.topics import Channel

# Messages until a rhythm is believed, and until earlier false alarms are forgotten.
_LEARNED = 8
_WEIGHT = 1 / 16
_DECAY = 0.98
# A gap of 15 means is chance once in three million for messages that come at random.
_MEANS = 15.0
_LONGEST = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """What may be expected of a channel before anything was learned; in seconds.

    ``first_secs`` is how long the first message after a subscription may take, None
    where there may be nothing to say. No topic is silent before ``floor_secs``; every
    one is after ``most_secs``.
    """

    first_secs: float | None
    floor_secs: float
    most_secs: float

    @property
    def speaks_at_once(self) -> bool:
        return self.first_secs is not None


_PRIVATE = Cadence(first_secs=None, floor_secs=float("inf"), most_secs=float("inf"))
# HYPERLIQUID.md 5.1: mids come twice a second; books each 0.5 s, 5.4 s when throttled.
# A quote comes when it changed, a context with it; trades and candles upon a trade.
CADENCES: Mapping[Channel, Cadence] = {
    Channel.MIDS: Cadence(first_secs=10, floor_secs=5, most_secs=5),
    Channel.BOOK: Cadence(first_secs=10, floor_secs=15, most_secs=15),
    Channel.QUOTE: Cadence(first_secs=10, floor_secs=10, most_secs=300),
    Channel.CONTEXT: Cadence(first_secs=10, floor_secs=15, most_secs=300),
    Channel.TRADES: Cadence(first_secs=None, floor_secs=60, most_secs=3600),
    Channel.CANDLE: Cadence(first_secs=None, floor_secs=60, most_secs=3600),
    Channel.ORDER_UPDATES: _PRIVATE,
    Channel.USER_EVENTS: _PRIVATE,
}


@dataclass(slots=True)
class Rhythm:
    """One topic's. ``now`` is monotonic seconds."""

    cadence: Cadence
    _heard_at: float | None = None
    _messages: int = 0
    _mean: float = 0.0
    _longest: float = 0.0
    _alarms: int = 0
    _since_alarm: int = 0

    def heard(self, now: float) -> None:
        if self._heard_at is not None:
            self._learn(now - self._heard_at)
        self._heard_at = now

    def interrupted(self) -> None:
        """What comes next comes after an outage: its distance teaches nothing."""
        self._heard_at = None

    def alarmed(self) -> None:
        """It was taken for silent: next time with more patience, unless it speaks."""
        self._alarms += 1
        self._since_alarm = 0

    @property
    def limit_secs(self) -> float:
        """A silence longer than that is one."""
        cadence = self.cadence
        if self._messages < _LEARNED:
            return cadence.most_secs
        usual = max(_MEANS * self._mean, _LONGEST * self._longest, cadence.floor_secs)
        return min(self.patient(usual), cadence.most_secs)

    def patient(self, limit: float) -> float:
        """The limit, doubled by each alarm after which it said next to nothing."""
        return limit * float(1 << min(self._alarms, 10))

    def _learn(self, gap: float) -> None:
        self._messages += 1
        self._since_alarm += 1
        if self._since_alarm >= _LEARNED:
            self._alarms = 0
        weight = max(_WEIGHT, 1 / self._messages)
        self._mean += weight * (gap - self._mean)
        self._longest = max(gap, self._longest * _DECAY)
