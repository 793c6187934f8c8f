"""The money history behind budget and breakers."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from threet.model.money import FundingPayment, LedgerUpdate
from threet.ports.money_history import MoneyHistory
from threet.ports.rate_budget import Priority
from threet.resilience import request_weights as weights
from threet.resilience.access_policy import RequestClass
from threet.resilience.guarded_reader import Access, Request

T = TypeVar("T")


class GuardedMoneyHistory:
    """Implements ``MoneyHistory``; also raises ``BudgetSpentError`` and
    ``CircuitOpenError`` instead of asking."""

    def __init__(self, history: MoneyHistory, access: Access) -> None:
        self._history = history
        self._access = access

    def funding(self, since_ms: int) -> Sequence[FundingPayment]:
        return self._asked("userFunding", lambda: self._history.funding(since_ms))

    def updates(self, since_ms: int) -> Sequence[LedgerUpdate]:
        name = "userNonFundingLedgerUpdates"
        return self._asked(name, lambda: self._history.updates(since_ms))

    def _asked(self, name: str, question: Callable[[], Sequence[T]]) -> Sequence[T]:
        """What a page holds is paid for when it is known."""
        request = Request(name=name, weight=weights.PLAIN, priority=Priority.ACCOUNT)
        found = self._access.execute_with_retry(question, RequestClass.ACCOUNT, request)
        self._access.charge(len(found), RequestClass.ACCOUNT)
        return found
