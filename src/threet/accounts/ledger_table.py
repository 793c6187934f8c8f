"""The ledger as one table: a row for each part of each entry, exact to the digit.

A fill that several runs share has a row for each. The sums of the columns are those of
the account: ``realized``, ``fee``, ``funding`` and ``amount`` together, with the fees
taken off, are its cash.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from threet.accounts.ledger import Ledger, Part
from threet.accounts.ledger_reader import Entry, every, happened, origin_of
from threet.accounts.pnl import OUTSIDE_KEY
from threet.model.money import FundingPayment, LedgerUpdate
from threet.model.orders import Fill, Side
from threet.ports.ledger_store import Entries

COLUMNS = (
    "time",
    "time_ms",
    "kind",
    "symbol",
    "run",
    "side",
    "quantity",
    "price",
    "cost",
    "realized",
    "run_realized",
    "fee",
    "funding",
    "amount",
    "is_liquidation",
    "tid",
    "oid",
    "cloid",
    "detail",
)
Line = dict[str, str]


def lines(found: Entries) -> Iterator[Line]:
    """As they happened, each with the columns that say something of it."""
    ledger = Ledger()
    for one in happened(every(found)):
        if isinstance(one, Fill):
            for part in ledger.add_fill(one, origin_of(one, found)):
                yield _line(one, "fill", **_of_fill(one, part))
        elif isinstance(one, FundingPayment):
            for run, amount in ledger.add_funding(one).items():
                yield _line(
                    one,
                    "funding",
                    symbol=one.symbol,
                    run=run or OUTSIDE_KEY,
                    funding=_exact(amount),
                )
        else:
            ledger.add_update(one)
            yield _of_update(one)


def _line(one: Entry, kind: str, **more: str) -> Line:
    moment = datetime.fromtimestamp(one.time_ms / 1000, UTC)
    time = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"time": time, "time_ms": str(one.time_ms), "kind": kind, **more}


def _of_fill(fill: Fill, part: Part) -> Line:
    return {
        "symbol": fill.symbol,
        "run": part.run or OUTSIDE_KEY,
        "side": Side.of(part.change).value,
        "quantity": _exact(abs(part.change)),
        "price": _exact(fill.price),
        "realized": _exact(part.realized),
        "run_realized": _exact(part.of_run),
        "fee": _exact(part.fee),
        "is_liquidation": "yes" if fill.is_liquidation else "",
        "tid": str(fill.tid),
        "oid": str(fill.oid),
        "cloid": fill.cloid or "",
    }


def _of_update(one: LedgerUpdate) -> Line:
    """What is not known stays empty."""
    amount, held = _known(one.amount), _held(one) if one.symbol else {}
    return _line(one, one.kind, amount=amount, detail=one.detail, **held)


def _held(one: LedgerUpdate) -> Line:
    """Of an opening position. Its price need not be a finite decimal; its cost is."""
    return {
        "symbol": one.symbol,
        "side": Side.of(one.quantity).value,
        "quantity": _exact(abs(one.quantity)),
        "cost": _known(one.cost),
    }


def _known(amount: Decimal | None) -> str:
    return "" if amount is None else _exact(amount)


def _exact(amount: Decimal) -> str:
    return format(amount, "f")
