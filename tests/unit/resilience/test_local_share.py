"""One budget for all processes, and a small one each while Redis is away."""

import threading
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.fetch_state import MemoryRateBudget
from threet.model.errors import DependencyError, InvalidValueError
from threet.ports.rate_budget import BudgetState, Priority
from threet.resilience.local_share import BudgetWithLocalShare

NOW_MS = 1_767_225_600_000


class Away(MemoryRateBudget):
    """A shared budget whose Redis can go away."""

    is_away = False
    asked = 0

    def _look(self) -> None:
        self.asked += 1
        if self.is_away:
            raise DependencyError("redis", "away")

    def take(
        self, weight: int, *, keep: int = 0, priority: Priority = Priority.DATA
    ) -> float:
        self._look()
        return super().take(weight, keep=keep, priority=priority)

    def repay(self, owed: Sequence[tuple[int, Priority, int]]) -> None:
        self._look()
        super().repay(owed)

    def pause(self, secs: float) -> None:
        self._look()
        super().pause(secs)

    def state(self) -> BudgetState:
        self._look()
        return super().state()


class Platform:
    def __init__(self, processes: int) -> None:
        self.clock = ManualClock(NOW_MS)
        self.shared = Away(self.clock)
        self.processes = [
            BudgetWithLocalShare(
                self.shared, clock=self.clock, lock=threading.Lock(), local_limit=120
            )
            for _ in range(processes)
        ]


@pytest.fixture
def lone() -> Platform:
    return Platform(1)


def spend(budget: BudgetWithLocalShare, weight: int = 20) -> int:
    """Takes of data until there is no more; returns what was taken."""
    taken = 0
    while budget.take(weight) == 0:
        taken += weight
    return taken


def test_with_redis_the_shared_budget_decides(lone: Platform) -> None:
    (budget,) = lone.processes
    assert spend(budget) == 1100
    assert budget.state().used == 1100
    assert budget.state().is_shared


def test_without_redis_a_share_is_left_and_never_more(lone: Platform) -> None:
    (budget,) = lone.processes
    lone.shared.is_away = True
    assert budget.take(20) == 61
    lone.clock.advance(61)
    assert spend(budget) == 100
    assert not budget.state().is_shared
    lone.clock.advance(30)
    assert budget.take(20) == 31


def test_data_waits_a_minute_before_its_share_and_a_cancel_does_not(
    lone: Platform,
) -> None:
    (budget,) = lone.processes
    assert budget.take(20) == 0
    lone.shared.is_away = True
    assert budget.take(20) == 61
    assert budget.take(2, priority=Priority.ACCOUNT) == 61
    assert budget.take(1, priority=Priority.CANCEL) == 0
    assert budget.take(1, priority=Priority.ORDER) == 0


def test_what_was_taken_meanwhile_is_told_when_redis_is_back(lone: Platform) -> None:
    (budget,) = lone.processes
    lone.shared.is_away = True
    budget.take(5, priority=Priority.CANCEL)
    budget.charge(3, priority=Priority.ACCOUNT)
    lone.shared.is_away = False
    lone.clock.advance(2)
    assert budget.take(20) == 0
    assert lone.shared.state().used_by[Priority.CANCEL] == 5
    assert lone.shared.state().used_by[Priority.ACCOUNT] == 3
    lone.clock.advance(1)
    budget.take(20)
    assert lone.shared.state().used == 48  # nothing is told twice


def test_what_could_not_be_told_is_told_later(lone: Platform) -> None:
    (budget,) = lone.processes
    lone.shared.is_away = True
    budget.take(5, priority=Priority.CANCEL)
    lone.clock.advance(3)
    budget.take(5, priority=Priority.CANCEL)
    lone.shared.is_away = False
    lone.clock.advance(3)
    budget.take(20)
    assert lone.shared.state().used == 30


def test_a_redis_that_hangs_is_not_asked_for_each_request(lone: Platform) -> None:
    (budget,) = lone.processes
    lone.shared.is_away = True
    for _ in range(100):
        budget.take(1, priority=Priority.CANCEL)
        lone.clock.advance(0.1)
    assert lone.shared.asked <= 6


def test_a_pause_holds_without_redis_too(lone: Platform) -> None:
    (budget,) = lone.processes
    lone.shared.is_away = True
    assert budget.take(20) == 61
    lone.clock.advance(61)
    budget.pause(30)
    assert budget.take(2) == 30


def test_a_weight_beyond_the_share_waits_for_redis(lone: Platform) -> None:
    (budget,) = lone.processes
    lone.shared.is_away = True
    assert budget.take(20) == 61
    lone.clock.advance(61)
    assert budget.take(120) == 61
    with pytest.raises(InvalidValueError):
        budget.take(1200)


STEPS = st.lists(
    st.tuples(
        st.integers(0, 4),  # which process
        st.sampled_from(Priority),
        st.integers(1, 120),
        st.floats(0, 8),
    ),
    max_size=150,
)
READS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(60, 110), st.floats(0, 2)),
    min_size=20,
    max_size=120,
)


def most_in_a_minute(taken: Sequence[tuple[float, int]]) -> int:
    """The naive model: each window of 60 s that begins with a request."""
    windows = (
        sum(weight for at, weight in taken if start <= at < start + 60)
        for start, _ in taken
    )
    return max(windows, default=0)


@pytest.mark.parametrize("processes", [2, 5])
@given(steps=STEPS)
def test_f36_processes_that_share_never_exceed_the_limit_in_any_minute(
    processes: int, steps: list[tuple[int, Priority, int, float]]
) -> None:
    platform, taken = Platform(processes), list[tuple[float, int]]()
    for which, priority, weight, secs in steps:
        platform.clock.advance(secs)
        budget = platform.processes[which % processes]
        if budget.take(weight, priority=priority) == 0:
            taken.append((platform.clock.monotonic(), weight))
    assert most_in_a_minute(taken) <= 1200


@pytest.mark.parametrize("processes", [2, 5])
@given(steps=READS, outage=st.integers(10, 60))
def test_reads_do_not_exceed_it_either_when_redis_goes_away(
    processes: int, steps: list[tuple[int, int, float]], outage: int
) -> None:
    """Redis goes for good at one step: before and after it the limit holds."""
    platform, taken = Platform(processes), list[tuple[float, int]]()
    for number, (which, weight, secs) in enumerate(steps):
        platform.clock.advance(secs)
        platform.shared.is_away = number >= outage
        budget = platform.processes[which % processes]
        if budget.take(weight) == 0:
            taken.append((platform.clock.monotonic(), weight))
    assert most_in_a_minute(taken) <= 1200
