"""The exchange's request weight, shared by every process that asks from one address.

Who matters more may use more: each priority leaves the reserves of the higher ones, so
a cancel goes through when data has used all that data may have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from threet.model.accounts import AddressUse


class Priority(IntEnum):
    """The lower the number, the more it matters."""

    CANCEL = 0
    REDUCE = 1
    ORDER = 2
    ACCOUNT = 3
    DATA = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """The last minute: ``used`` of ``limit``, and what each priority may take now.

    ``is_shared`` is False while Redis is away and this process lives on its own share.
    ``paused_secs`` is how long the exchange told everybody to wait.
    """

    limit: int
    used: int
    used_by: Mapping[Priority, int]
    left_for: Mapping[Priority, int]
    paused_secs: float = 0.0
    is_shared: bool = True

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


class RateBudget(Protocol):
    """Each method may raise ``DependencyError`` unless the budget has a local share."""

    def take(
        self, weight: int, *, keep: int = 0, priority: Priority = Priority.DATA
    ) -> float:
        """Take the weight; 0 if it was there, else seconds to wait (nothing taken).

        ``keep`` is what has to be left beyond what the priority leaves anyway: the
        larger of the two counts. Raises ``InvalidValueError`` for a weight that no
        minute can hold.
        """

    def charge(self, weight: int, *, priority: Priority = Priority.DATA) -> None:
        """Count what was used already: the surcharge of an answer's items."""

    def pause(self, secs: float) -> None:
        """The exchange said to wait: nobody takes before, but cancels and exits."""

    def state(self) -> BudgetState: ...


class AddressLedger(Protocol):
    """Readings of how many actions an account has used, for a forecast."""

    def note(self, address: str, use: AddressUse) -> None: ...

    def readings(self, address: str) -> Sequence[AddressUse]:
        """Of the last hours, oldest first."""
