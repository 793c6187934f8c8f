"""One subscription: asked for, acknowledged, heard, silent; a state machine."""

from dataclasses import dataclass, field
from enum import Enum

from threet.model.topics import Topic
from threet.resilience.rhythm import CADENCES, Rhythm

# An acknowledgement, or the first message of a channel that speaks at once (W4).
_ANSWER_SECS = 10.0
# A partner that spoke so often, for so long, and we did not: something is wrong.
_PARTNER_TIMES, _PARTNER_SECS = 3, 10.0
_FIRST_PAUSE_SECS, _LONGEST_PAUSE_SECS = 30.0, 600.0


class Fault(Enum):
    """What is wrong with a subscription on a live connection."""

    UNACKNOWLEDGED = "unacknowledged"  # neither an answer nor a message (W4)
    NEVER_FIRST = "never_first"  # acknowledged, and then nothing (W4)
    SILENT = "silent"  # spoke, and does so no more (W3)
    LEFT_BEHIND = "left_behind"  # its symbol trades, and it says nothing (F9)
    REFUSED = "refused"  # the exchange does not know it


class Step(Enum):
    NOTHING = "nothing"
    RESUBSCRIBE = "resubscribe"
    RECONNECT = "reconnect"


@dataclass(slots=True)
class SubscriptionLine:
    """``now`` is monotonic seconds. It outlives connections.

    A fault is met by subscribing anew; if that does not help, by one new connection,
    where the channel is one that answers at once; then by ever rarer subscriptions. So
    a symbol that is silent for good does not cost the others their connection.
    """

    topic: Topic
    asked_at: float | None = None
    is_acknowledged: bool = False
    heard_at: float | None = None
    fault: Fault | None = None
    rhythm: Rhythm = field(init=False)
    _has_spoken: bool = False  # since it was asked for
    _tries: int = 0
    _has_reconnected: bool = False
    _partner_times: int = 0
    _partner_since: float = 0.0

    def __post_init__(self) -> None:
        self.rhythm = Rhythm(CADENCES[self.topic.channel])

    def disconnected(self) -> None:
        self.asked_at = None
        self.is_acknowledged = False
        self._forget_connection()

    def asked(self, now: float) -> None:
        self.asked_at = now
        self.is_acknowledged = False
        self._forget_connection()

    def acknowledged(self) -> None:
        """Where nothing has to be said at once, that is all that was missing."""
        if self.asked_at is None:
            return
        self.is_acknowledged = True
        was_unanswered = self.fault in (Fault.UNACKNOWLEDGED, Fault.REFUSED)
        if was_unanswered and not self.rhythm.cadence.speaks_at_once:
            self.fault = None
            self._tries = 0

    def heard(self, now: float) -> bool:
        """Whether it was at fault until now."""
        was_at_fault = self.fault is not None
        self.heard_at = now
        self.rhythm.heard(now)
        self.fault = None
        self._tries = 0
        self._has_spoken = True
        self._has_reconnected = False
        self._partner_times = 0
        return was_at_fault

    def partner_heard(self, now: float) -> None:
        """The other one of trades and candle of its symbol spoke."""
        if self._partner_times == 0:
            self._partner_since = now
        self._partner_times += 1

    def refused(self) -> None:
        self.fault = Fault.REFUSED
        self._has_reconnected = True

    def look(self, now: float) -> tuple[Step, bool]:
        """What to do now, and whether the fault is a new one."""
        if self.asked_at is None:
            return Step.NOTHING, False
        if self.fault is None:
            self.fault = self._found(now)
            if self.fault is None:
                return Step.NOTHING, False
            self.rhythm.alarmed()
            self._tries = 1
            return Step.RESUBSCRIBE, True
        if now - self.asked_at < self._patience_secs:
            return Step.NOTHING, False
        self._tries += 1
        if self.rhythm.cadence.speaks_at_once and not self._has_reconnected:
            self._has_reconnected = True
            return Step.RECONNECT, False
        return Step.RESUBSCRIBE, False

    @property
    def _patience_secs(self) -> float:
        if self._tries <= 1 and self.fault is not Fault.REFUSED:
            return _ANSWER_SECS
        step = _FIRST_PAUSE_SECS * float(1 << min(max(self._tries - 2, 0), 10))
        return min(step, _LONGEST_PAUSE_SECS)

    def _found(self, now: float) -> Fault | None:
        asked_at = now if self.asked_at is None else self.asked_at
        if not self._has_spoken:
            return self._unanswered(now, asked_at)
        heard_at = asked_at if self.heard_at is None else self.heard_at
        if now - heard_at >= self.rhythm.limit_secs:
            return Fault.SILENT
        return self._left_behind(now)

    def _unanswered(self, now: float, asked_at: float) -> Fault | None:
        waited = now - asked_at
        if not self.is_acknowledged and waited >= _ANSWER_SECS:
            return Fault.UNACKNOWLEDGED
        first_secs = self.rhythm.cadence.first_secs
        if first_secs is not None and waited >= first_secs:
            return Fault.NEVER_FIRST
        if waited >= self.rhythm.limit_secs:
            return Fault.SILENT
        return self._left_behind(now)

    def _left_behind(self, now: float) -> Fault | None:
        is_late = self._partner_times >= self.rhythm.patient(_PARTNER_TIMES)
        is_long = now - self._partner_since >= _PARTNER_SECS
        return Fault.LEFT_BEHIND if is_late and is_long else None

    def _forget_connection(self) -> None:
        self.rhythm.interrupted()
        self._has_spoken = False
        self._partner_times = 0
