"""Deposits + realized + funding - fees + unrealized is what the account is worth.

The exchange tells each of these in millionths of a dollar, and hlsim's add up without a
difference. Real ones may differ by the roundings of many entries; what reaches a cent
is no rounding but money nobody has accounted for. Unrealized is the reading's own, told
at the same moment as the value, and counted nowhere else (F40). Each dex has cash of
its own: what happens on one that the account is not followed on is not in its value.
"""

from collections.abc import Collection, Sequence
from decimal import Decimal, localcontext

from threet.accounts.books import EXACT
from threet.accounts.ledger import Ledger
from threet.model.accounts import AccountPosition, AccountState
from threet.model.money import (
    FOLLOWING,
    OPENING,
    OPENING_POSITION,
    EquityCheck,
    LedgerUpdate,
)
from threet.model.numbers import ZERO
from threet.model.products import FIRST_DEX, dex_of

CENT = Decimal("0.01")


def check_of(
    ledger: Ledger, account: AccountState, dexes: Collection[str] = ()
) -> EquityCheck:
    """``dexes`` are the builder dexes that ``account`` was read on as well."""
    own = [
        book for symbol, book in ledger.products.items() if is_followed(symbol, dexes)
    ]
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


def has_other_positions(
    ledger: Ledger, account: AccountState, dexes: Collection[str] = ()
) -> bool:
    """Whether the reading is of another moment than the fills, or one is missing."""
    told = {one.symbol: one.quantity for one in account.positions}
    known = {
        symbol: quantity
        for symbol, quantity in ledger.positions().items()
        if quantity != ZERO and is_followed(symbol, dexes)
    }
    return told != known


def is_followed(symbol: str, dexes: Collection[str]) -> bool:
    dex = dex_of(symbol)
    return dex == FIRST_DEX or dex in dexes


def opening(check: EquityCheck, account: AccountState) -> LedgerUpdate:
    """What the account had before the history that can be read."""
    return LedgerUpdate(
        key=f"opening {account.account_ms}",
        time_ms=account.account_ms,
        kind=OPENING,
        amount=check.difference,
        detail="what the account had before the history that can be read",
    )


def following(
    check: EquityCheck, account: AccountState, dexes: Collection[str]
) -> LedgerUpdate:
    """From now on on these builder dexes: what the account has on one that is new, less
    what it has on one that is left, and what was booked as paid in or out between."""
    return LedgerUpdate(
        key=f"following {account.account_ms}",
        time_ms=account.account_ms,
        kind=FOLLOWING,
        amount=check.difference,
        detail=names(dexes),
    )


def names(dexes: Collection[str]) -> str:
    return " ".join(sorted(dexes))


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
