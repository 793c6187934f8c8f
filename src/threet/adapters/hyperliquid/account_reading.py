"""One reading of an account over all the dexes it is followed on.

Each dex has cash of its own and is asked by itself, so that a transfer between two of
the questions would be seen twice, or not at all. Cash is value less unrealized profit,
and only trades, funding and transfers move it. Where each dex has the cash that it had
in the reading before, all of them had it at once; where not, all are read again until
two readings agree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from threet.adapters.hyperliquid.dexes import OfEach
from threet.model.accounts import AccountPart, AccountRead, AccountState
from threet.model.numbers import ZERO

_Cash = tuple[Decimal, ...]
# Cash that moves all the time is traded with; what such a reading may be off by is
# confirmed by the next before the ledger counts it.
_MOST_LOOKS = 3


@dataclass(slots=True)
class AccountReading:
    """``read`` asks each dex once; the first dex comes first."""

    read: Callable[[str], OfEach[AccountState]]
    _cash: dict[str, _Cash] = field(default_factory=dict)  # by address

    def of(self, address: str) -> AccountState:
        """Raises what kept a dex from being read: a part would look like a loss."""
        return _together(self._looked(address).whole())

    def readable(self, address: str) -> AccountRead:
        """What there is of it; without a dex there is no sum that has to be right."""
        seen = self._looked(address)
        return _part(seen) if seen.unread else _together(seen.found)

    def _looked(self, address: str) -> OfEach[AccountState]:
        seen: OfEach[AccountState] = OfEach(())
        for _ in range(_MOST_LOOKS):
            seen, before = self.read(address), self._cash.get(address)
            if seen.unread:
                break
            self._cash[address] = _cash_of(seen.found)
            if len(seen.found) == 1 or self._cash[address] == before:
                break
        return seen


def _cash_of(states: Sequence[AccountState]) -> _Cash:
    return tuple(
        one.account_value - sum((p.unrealized_pnl for p in one.positions), ZERO)
        for one in states
    )


def _together(states: Sequence[AccountState]) -> AccountState:
    """As old as the oldest: what happened since may be in it, or not."""
    if len(states) == 1:
        return states[0]

    def total(amount: Callable[[AccountState], Decimal]) -> Decimal:
        return sum(map(amount, states), ZERO)

    return AccountState(
        address=states[0].address,
        account_ms=min(one.account_ms for one in states),
        account_value=total(lambda one: one.account_value),
        total_margin_used=total(lambda one: one.total_margin_used),
        total_notional=total(lambda one: one.total_notional),
        withdrawable=total(lambda one: one.withdrawable),
        maintenance_margin=total(lambda one: one.maintenance_margin),
        positions=tuple(p for one in states for p in one.positions),
    )


def _part(seen: OfEach[AccountState]) -> AccountPart:
    return AccountPart(
        address=seen.found[0].address,
        account_ms=min(one.account_ms for one in seen.found),
        positions=tuple(p for one in seen.found for p in one.positions),
        unread=seen.reasons,
    )
