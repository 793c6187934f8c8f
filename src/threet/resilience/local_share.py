"""The shared budget, and a small one of this process for while Redis is away.

Never unlimited: the share is a part of the limit, and for data it opens only when what
all took together before has left the exchange's minute. What was taken meanwhile is
told to the shared budget as soon as it is back.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from typing import Protocol

from threet.model.errors import DependencyError
from threet.ports.clock import Clock
from threet.ports.rate_budget import BudgetState, Priority, RateBudget
from threet.resilience.weight_window import (
    WINDOW_SECS,
    WeightWindow,
    kept_by,
    require_weight,
)

# Asking a Redis that hangs costs its timeout: not for each request.
_ASK_AGAIN_SECS = 2.0


class SharedBudget(RateBudget, Protocol):
    """Raises ``DependencyError`` while it is away."""

    @property
    def limit(self) -> int: ...

    def repay(self, owed: Sequence[tuple[int, Priority, int]]) -> None:
        """Count what was taken elsewhere: age in seconds, priority, weight."""


class BudgetWithLocalShare:
    """Implements ``RateBudget`` and never raises ``DependencyError``."""

    def __init__(
        self,
        shared: SharedBudget,
        *,
        clock: Clock,
        lock: AbstractContextManager[object],
        local_limit: int,
        window_secs: int = WINDOW_SECS,
    ) -> None:
        self._shared = shared
        self._clock = clock
        self._lock = lock
        self._local = WeightWindow(local_limit, window_secs)
        self._window_secs = window_secs
        self._away_since: float | None = None
        self._away_until = float("-inf")

    def take(
        self, weight: int, *, keep: int = 0, priority: Priority = Priority.DATA
    ) -> float:
        limit = self._shared.limit
        require_weight(weight, max(keep, kept_by(priority, limit)), limit)
        if self._may_share():
            try:
                self._repay()
                wait = self._shared.take(weight, keep=keep, priority=priority)
            except DependencyError:
                self._is_away()
            else:
                self._is_back()
                return wait
        return self._take_locally(weight, keep * self._local.limit // limit, priority)

    def charge(self, weight: int, *, priority: Priority = Priority.DATA) -> None:
        if self._may_share():
            try:
                self._repay()
                self._shared.charge(weight, priority=priority)
            except DependencyError:
                self._is_away()
            else:
                self._is_back()
                return
        with self._lock:
            self._local.charge(self._now(), weight, priority)

    def pause(self, secs: float) -> None:
        with self._lock:
            self._local.pause(self._now(), secs)
        if self._may_share():
            with suppress(DependencyError):
                self._shared.pause(secs)

    def state(self) -> BudgetState:
        if self._may_share():
            try:
                return self._shared.state()
            except DependencyError:
                self._is_away()
        with self._lock:
            return self._local.state(self._now(), is_shared=False)

    def _take_locally(self, weight: int, keep: int, priority: Priority) -> float:
        with self._lock:
            now = self._clock.monotonic()
            # Until then others may have used all there was.
            since = now if self._away_since is None else self._away_since
            wait = since + self._window_secs - now
            if priority >= Priority.ACCOUNT and wait > 0:
                return wait
            if weight > self._local.limit - max(keep, self._kept(priority)):
                return float(self._window_secs)  # it fits when Redis is back
            return self._local.take(self._now(), weight, keep, priority)

    def _kept(self, priority: Priority) -> int:
        return kept_by(priority, self._local.limit)

    def _repay(self) -> None:
        with self._lock:
            now = self._now()
            owed = self._local.drained(now)
        if not owed:
            return
        try:
            self._shared.repay(owed)
        except DependencyError:
            with self._lock:
                for age, priority, weight in owed:
                    self._local.charge(now - age, weight, priority)
            raise

    def _may_share(self) -> bool:
        with self._lock:
            return self._clock.monotonic() >= self._away_until

    def _is_away(self) -> None:
        with self._lock:
            now = self._clock.monotonic()
            self._away_until = now + _ASK_AGAIN_SECS
            self._away_since = now if self._away_since is None else self._away_since

    def _is_back(self) -> None:
        with self._lock:
            self._away_since = None

    def _now(self) -> int:
        return int(self._clock.monotonic())
