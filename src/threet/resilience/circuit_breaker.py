"""A breaker: after failures in a row nothing is asked, until one trial succeeds.

It counts operations, each with all its retries as one; a health check is none. One for
each class of request, so that failing reads stop no cancel.
"""

from dataclasses import dataclass
from enum import Enum


class BreakerState(Enum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Permit:
    """To be given back with ``succeeded``, ``failed`` or ``abandoned``."""

    era: int
    is_trial: bool


@dataclass(frozen=True, slots=True)
class Denied:
    retry_after_secs: float


@dataclass(slots=True)
class CircuitBreaker:
    """``now`` is monotonic seconds.

    A trial whose caller never came back lapses after ``reset_secs``. What began before
    the breaker last changed its state says nothing about the state after.
    """

    failures: int = 5
    reset_secs: float = 300.0
    probe_secs: float = 10.0
    state: BreakerState = BreakerState.CLOSED
    opened: int = 0  # how often
    failed_in_row: int = 0
    _era: int = 0
    _changed_at: float = 0.0
    _trial_since: float | None = None
    _trials_failed: int = 0

    def admit(self, now: float) -> Permit | Denied:
        if self.state is BreakerState.OPEN and now >= self._until:
            self._become(BreakerState.HALF_OPEN, now)
        if self.state is BreakerState.CLOSED:
            return Permit(self._era, is_trial=False)
        if self.state is BreakerState.OPEN:
            return Denied(self._until - now)
        since = self._trial_since
        if since is not None and now - since < self.reset_secs:
            return Denied(self.reset_secs - (now - since))
        self._trial_since = now
        self._era += 1  # a trial before this one no longer counts
        return Permit(self._era, is_trial=True)

    def succeeded(self, permit: Permit, now: float) -> None:
        """The exchange answered, if only by a refusal."""
        if permit.era != self._era:
            return
        self.failed_in_row = 0
        if self.state is BreakerState.HALF_OPEN:
            self._become(BreakerState.CLOSED, now)

    def failed(self, permit: Permit, now: float) -> None:
        if permit.era != self._era:
            return
        self.failed_in_row += 1
        if permit.is_trial or self.failed_in_row >= self.failures:
            self.opened += 1
            self._trials_failed += permit.is_trial
            self._become(BreakerState.OPEN, now)

    def abandoned(self, permit: Permit) -> None:
        """It says nothing of the exchange: a rate limit, an error of ours."""
        if permit.era == self._era and permit.is_trial:
            self._trial_since = None

    def may_recover(self, now: float) -> bool:
        """Whether it is worth a look if the exchange answers again.

        Not before ``probe_secs``, doubled by each trial that failed all the same.
        """
        wait = self.probe_secs * float(1 << min(self._trials_failed, 20))
        return self.state is BreakerState.OPEN and now >= self._changed_at + wait

    def recovered(self, now: float) -> None:
        """The exchange was seen to answer: the trial may come before its time."""
        if self.may_recover(now):
            self._become(BreakerState.HALF_OPEN, now)

    @property
    def _until(self) -> float:
        return self._changed_at + self.reset_secs

    def _become(self, state: BreakerState, now: float) -> None:
        self.state = state
        self._changed_at = now
        self._trial_since = None
        self._era += 1
        if state is BreakerState.CLOSED:
            self._trials_failed = 0
