"""What the account was, over time; with the news of it in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from threet.model.accounts import AccountState
from threet.model.events import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancePoint:
    account_ms: int
    account_value: Decimal
    withdrawable: Decimal


class AccountStore(Protocol):
    """Raises ``DependencyError``; then nothing of the call was stored."""

    def record(self, state: AccountState, news: Sequence[Envelope]) -> bool:
        """In one transaction: replace positions, append history, file the news.

        False, and nothing changes, when a reading of the same or a later
        ``account_ms`` is stored already: a task run twice has one effect.
        """

    def current(self, address: str) -> AccountState | None:
        """The newest stored reading; None when the account was never read."""

    def equities(self, address: str, since_ms: int) -> Sequence[tuple[int, Decimal]]:
        """Time and account value of every reading since then, oldest first."""

    def history(self, address: str, limit: int) -> Sequence[BalancePoint]:
        """The newest ``limit`` points, oldest first."""
