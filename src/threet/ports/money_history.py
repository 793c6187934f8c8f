"""What the exchange tells of an account's money beside its trades."""

from collections.abc import Sequence
from typing import Protocol

from threet.model.money import FundingPayment, LedgerUpdate


class MoneyHistory(Protocol):
    """One account's. Synchronous; raises the ``ExchangeError`` family."""

    def funding(self, since_ms: int) -> Sequence[FundingPayment]:
        """One page of them, the oldest since ``since_ms`` first (F49): ask again from
        the newest until none is new."""

    def updates(self, since_ms: int) -> Sequence[LedgerUpdate]:
        """The same of deposits, withdrawals, transfers and the like."""
