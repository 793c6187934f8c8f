"""Funding and transfers behind the budget: asked again, and paid for as a page."""

from collections.abc import Sequence

import pytest

from tests.money import funded, moved
from tests.unit.resilience.door import DOWN, Door
from threet.model.errors import BudgetSpentError, ExchangeError
from threet.model.money import FundingPayment, LedgerUpdate
from threet.resilience.guarded_money_history import GuardedMoneyHistory


class Told:
    def __init__(self, *errors: ExchangeError) -> None:
        self._errors = list(errors)

    def _fail(self) -> None:
        if self._errors:
            raise self._errors.pop(0)

    def funding(self, since_ms: int) -> Sequence[FundingPayment]:
        self._fail()
        return [funded("1", "1", time_ms=since_ms)]

    def updates(self, since_ms: int) -> Sequence[LedgerUpdate]:
        self._fail()
        return [moved("1", time_ms=since_ms)]


def test_a_question_that_fails_is_asked_again() -> None:
    door = Door()
    history = GuardedMoneyHistory(Told(DOWN, DOWN), door.manager)
    (paid,) = history.funding(1_790_000_000_000)
    assert paid.time_ms == 1_790_000_000_000
    (update,) = history.updates(1_790_000_000_001)
    assert update.time_ms == 1_790_000_000_001
    assert len(door.waits) == 2


def test_without_budget_nothing_is_asked() -> None:
    door = Door(per_minute=400, retries_secs=())
    history = GuardedMoneyHistory(Told(), door.manager)

    def ask_on() -> None:
        for _ in range(20):
            history.funding(1_790_000_000_000)

    with pytest.raises(BudgetSpentError):
        ask_on()
