"""Short ways to build entries of a ledger."""

from decimal import Decimal
from itertools import count

import msgspec

from threet.accounts.ledger import Ledger
from threet.model.money import FundingPayment, LedgerUpdate
from threet.model.orders import Fill, Side
from threet.ports.ledger_store import Origin

START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
_tids = count(1)


def a_fill(change: str, price: str, start: str = "0", **more: object) -> Fill:
    """Of BTC, ``change`` signed, at a position of ``start``, free of fees."""
    quantity = Decimal(change)
    fill = Fill(
        symbol="BTC",
        tid=next(_tids),
        oid=7,
        cloid=None,
        side=Side.of(quantity),
        price=Decimal(price),
        quantity=abs(quantity),
        fee=Decimal(0),
        closed_pnl=Decimal(0),
        start_position=Decimal(start),
        time_ms=START_MS,
        is_taker=True,
    )
    return msgspec.structs.replace(fill, **more)


def funded(amount: str, quantity: str, **more: object) -> FundingPayment:
    payment = FundingPayment(
        symbol="BTC",
        time_ms=START_MS,
        amount=Decimal(amount),
        rate=Decimal("0.0000125"),
        quantity=Decimal(quantity),
    )
    return msgspec.structs.replace(payment, **more)


def moved(amount: str | None, kind: str = "deposit", **more: object) -> LedgerUpdate:
    update = LedgerUpdate(
        key=f"{kind} {next(_tids)}",
        time_ms=START_MS,
        kind=kind,
        amount=None if amount is None else Decimal(amount),
    )
    return msgspec.structs.replace(update, **more)


def ledger_of(*entries: Fill | FundingPayment | LedgerUpdate) -> Ledger:
    """Fills of orders that nobody knows."""
    made = Ledger()
    for one in entries:
        if isinstance(one, Fill):
            made.add_fill(one, None)
        elif isinstance(one, FundingPayment):
            made.add_funding(one)
        else:
            made.add_update(one)
    return made


def wanting(**wants: str) -> Origin:
    return Origin(wants={run: Decimal(text) for run, text in wants.items()})
