"""Deposits + realized + funding - fees + unrealized is what the account is worth.

The exchange tells each of these in millionths of a dollar, and hlsim's add up without a
difference. Real ones may differ by the roundings of many entries; what reaches a cent
is no rounding but money nobody has accounted for. Unrealized is the reading's own, told
at the same moment as the value, and counted nowhere else (F40). Only the first dex is
the account's: builders' dexes have cash of their own, and a reading of theirs.
"""

from collections.abc import Sequence
from decimal import Decimal, localcontext

from threet.accounts.books import EXACT
from threet.accounts.ledger import Ledger
from threet.model.accounts import AccountPosition, AccountState
from threet.model.money import OPENING, OPENING_POSITION, EquityCheck, LedgerUpdate
from threet.model.numbers import ZERO

CENT = Decimal("0.01")


def check_of(ledger: Ledger, account: AccountState) -> EquityCheck:
    own = [book for symbol, book in ledger.products.items() if is_first_dex(symbol)]
    with localcontext(EXACT):
        return EquityCheck(
            account_ms=account.account_ms,
            account_value=account.account_value,
            deposits=ledger.deposits,
            realized=sum((one.realized for one in own), ZERO),
            funding=sum((one.funding for one in own), ZERO),
            fees=sum((one.fees for one in own), ZERO),
            unrealized=sum((one.unrealized_pnl for one in account.positions), ZERO),
        )


def is_off(check: EquityCheck) -> bool:
    return abs(check.difference) >= CENT


def has_other_positions(ledger: Ledger, account: AccountState) -> bool:
    """Whether the reading is of another moment than the fills, or one is missing."""
    told = {one.symbol: one.quantity for one in account.positions}
    known = {
        symbol: quantity
        for symbol, quantity in ledger.positions().items()
        if quantity != ZERO and is_first_dex(symbol)
    }
    return told != known


def is_first_dex(symbol: str) -> bool:
    """A builder's products are named after their dex (HIP-3)."""
    return ":" not in symbol


def opening(check: EquityCheck, account: AccountState) -> LedgerUpdate:
    """What the account had before the history that can be read."""
    return LedgerUpdate(
        key=f"opening {account.account_ms}",
        time_ms=account.account_ms,
        kind=OPENING,
        amount=check.difference,
        detail="what the account had before the history that can be read",
    )


def opening_positions(ledger: Ledger, account: AccountState) -> Sequence[LedgerUpdate]:
    """Positions of which no fill is known, at the cost that their value and their
    unrealized profit tell."""
    return [
        LedgerUpdate(
            key=f"opening {account.account_ms} {one.symbol}",
            time_ms=account.account_ms,
            kind=OPENING_POSITION,
            amount=ZERO,
            detail="held before the history that can be read",
            symbol=one.symbol,
            quantity=one.quantity,
            cost=_cost(one),
        )
        for one in account.positions
        if one.symbol not in ledger.products or not ledger.products[one.symbol].fills
        if ledger.positions().get(one.symbol, ZERO) != one.quantity
    ]


def _cost(one: AccountPosition) -> Decimal:
    return one.position_value.copy_sign(one.quantity) - one.unrealized_pnl
