"""A weight budget over a sliding minute, as a state machine that is told the time.

Which minute the exchange counts is not documented. In no window of 60 s does this one
take more than its limit, so it holds for a minute that starts anywhere, and for a
bucket that refills. What is taken within one second counts as one, and is held for a
second longer than a minute, so that rounding errs to the safe side.
"""

from dataclasses import dataclass, field

from threet.model.errors import InvalidValueError
from threet.ports.rate_budget import BudgetState, Priority

WINDOW_SECS = 61
# Hundredths of the limit that the lower priorities leave for this one. A cancel weighs
# 1 for 39 of them; the account's share holds one page of fills (HYPERLIQUID.md 1.3).
_RESERVES = {
    Priority.CANCEL: 2,
    Priority.REDUCE: 1,
    Priority.ORDER: 2,
    Priority.ACCOUNT: 3,
    Priority.DATA: 0,
}


def kept_by(priority: Priority, limit: int) -> int:
    """What a priority leaves for the higher ones."""
    return sum(
        limit * share // 100 for one, share in _RESERVES.items() if one < priority
    )


def heeds_pause(priority: Priority) -> bool:
    """Whether it waits when the exchange said so; a way out is tried at any time."""
    return priority > Priority.REDUCE


def require_weight(weight: int, kept: int, limit: int) -> None:
    if not 0 < weight <= limit - kept:
        raise InvalidValueError("weight", "fit into a minute's budget", weight)


@dataclass(slots=True)
class WeightWindow:
    limit: int
    window_secs: int = WINDOW_SECS
    _taken: dict[tuple[int, Priority], int] = field(default_factory=dict)
    _paused_until: float = 0.0

    def take(
        self,
        now_secs: int,
        weight: int,
        keep: int = 0,
        priority: Priority = Priority.DATA,
    ) -> float:
        """Take ``weight`` if enough is left then; else the seconds until it would be.

        0 means taken. ``weight`` and what is kept together fit into the limit.
        """
        self._forget(now_secs)
        kept = max(keep, kept_by(priority, self.limit))
        wait = self._wait(now_secs, sum(self._taken.values()) + weight + kept)
        if heeds_pause(priority):
            wait = max(wait, self._paused_until - now_secs)
        if wait <= 0:
            self.charge(now_secs, weight, priority)
            return 0
        return wait

    def charge(self, now_secs: int, weight: int, priority: Priority) -> None:
        """Count what was used without having been asked for."""
        at = (now_secs, priority)
        self._taken[at] = self._taken.get(at, 0) + weight

    def pause(self, now_secs: int, secs: float) -> None:
        self._paused_until = max(self._paused_until, now_secs + secs)

    def state(self, now_secs: int, *, is_shared: bool = True) -> BudgetState:
        self._forget(now_secs)
        used_by = dict.fromkeys(Priority, 0)
        for (_, priority), weight in self._taken.items():
            used_by[priority] += weight
        return state_of(
            self.limit,
            used_by,
            max(0.0, self._paused_until - now_secs),
            is_shared=is_shared,
        )

    def drained(self, now_secs: int) -> list[tuple[int, Priority, int]]:
        """Age in seconds, priority and weight of all that still counts; forgets it."""
        self._forget(now_secs)
        owed = [(now_secs - at, one, sum_) for (at, one), sum_ in self._taken.items()]
        self._taken = {}
        return owed

    def _wait(self, now_secs: int, wanted: int) -> float:
        over = wanted - self.limit
        if over <= 0:
            return 0
        for at, priority in sorted(self._taken):
            over -= self._taken[at, priority]
            if over <= 0:
                return at + self.window_secs - now_secs
        return self.window_secs

    def _forget(self, now_secs: int) -> None:
        horizon = now_secs - self.window_secs
        self._taken = {at: sum_ for at, sum_ in self._taken.items() if at[0] > horizon}


def state_of(
    limit: int,
    used_by: dict[Priority, int],
    paused_secs: float,
    *,
    is_shared: bool = True,
) -> BudgetState:
    """The figures that follow from what was used."""
    used = sum(used_by.values())
    return BudgetState(
        limit=limit,
        used=used,
        used_by=used_by,
        left_for={one: max(0, limit - used - kept_by(one, limit)) for one in Priority},
        paused_secs=paused_secs,
        is_shared=is_shared,
    )
