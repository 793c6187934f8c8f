"""What the exchange still lets us ask is told with everything else."""

import pytest

from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.fetch_state import MemoryRateBudget
from threet.ports.rate_budget import BudgetState, Priority
from threet.resilience.address_forecast import AddressForecast
from threet.web import budget_board
from threet.web.answers import RateBudgetAnswer

NOW_MS = 1_767_225_600_000


def answer(
    state: BudgetState | None = None, address: AddressForecast | None = None
) -> RateBudgetAnswer:
    return budget_board.answer(state or MemoryRateBudget(CLOCK).state(), address)


CLOCK = ManualClock(NOW_MS)


def forecast(used: int) -> AddressForecast:
    return AddressForecast(used=used, cap=10_000, per_hour=1.0, exhausted_in_secs=None)


def test_each_priority_is_told_what_it_used_and_has_left() -> None:
    budget = MemoryRateBudget(CLOCK)
    budget.take(100)
    budget.take(1, priority=Priority.CANCEL)
    told = answer(budget.state())
    assert (told.limit, told.used, told.left) == (1200, 101, 1099)
    assert told.by_priority["data"].used == 100
    assert told.by_priority["data"].left == 1099 - 96
    assert told.by_priority["cancel"].left == 1099


def test_a_full_budget_is_no_reason_to_be_degraded() -> None:
    assert not budget_board.reasons(None)
    assert not budget_board.reasons(answer())


@pytest.mark.parametrize(
    ("used", "reasons"), [(9_500, []), (9_501, ["499 actions left"])]
)
def test_few_actions_left_are_told(used: int, reasons: list[str]) -> None:
    assert budget_board.reasons(answer(None, forecast(used))) == reasons


def test_a_pause_and_a_share_of_ones_own_are_told() -> None:
    budget = MemoryRateBudget(CLOCK)
    budget.pause(10)
    assert budget_board.reasons(answer(budget.state())) == [
        "the exchange told us to slow down"
    ]
