"""Profit and loss by run, product and UTC day, at given mark prices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, localcontext

from threet.accounts.attribution import OUTSIDE
from threet.accounts.books import EXACT, Book
from threet.accounts.ledger import Ledger
from threet.model.accounts import AccountState
from threet.model.numbers import ZERO

# What is told of fills that are no order of ours, and of what runs did to each other.
OUTSIDE_KEY = "(outside)"
BETWEEN_RUNS = "(between runs)"
TOTAL = "total"
Marks = Mapping[str, Decimal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlRow:
    """``unrealized`` is None where a mark price, or a cost, is not known: never 0.

    A day has none of its own: what was open at its end is not kept.
    """

    key: str
    realized: Decimal
    fees: Decimal
    funding: Decimal
    unrealized: Decimal | None
    volume: Decimal = ZERO
    fills: int = 0
    deposits: Decimal = ZERO

    @property
    def settled(self) -> Decimal:
        """What is booked: realized, less fees, and funding."""
        return self.realized - self.fees + self.funding

    @property
    def net(self) -> Decimal | None:
        return None if self.unrealized is None else self.settled + self.unrealized


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRow:
    """A run's own position of a symbol."""

    run: str
    symbol: str
    quantity: Decimal
    entry_price: Decimal | None
    unrealized: Decimal | None


def marks_of(account: AccountState | None) -> Marks:
    """The mark prices by which a reading valued its positions."""
    if account is None:
        return {}
    with localcontext(EXACT):
        return {
            one.symbol: one.position_value / abs(one.quantity)
            for one in account.positions
        }


def by_product(ledger: Ledger, marks: Marks) -> Sequence[PnlRow]:
    """What the exchange says; ``total`` of them is the account's."""
    with localcontext(EXACT):
        return [
            _row(symbol, [(book, marks.get(symbol))])
            for symbol, book in sorted(ledger.products.items())
        ]


def by_run(ledger: Ledger, marks: Marks) -> Sequence[PnlRow]:
    """Each run as if it had traded alone, the rest, and what adds up to the account:
    one run's close of another's position realises what neither has realized."""
    with localcontext(EXACT):
        books: dict[str, list[tuple[Book, Decimal | None]]] = {}
        for (run, symbol), book in ledger.runs.items():
            books.setdefault(run, []).append((book, marks.get(symbol)))
        rows = [_row(run or OUTSIDE_KEY, books[run]) for run in sorted(books)]
        between = _between(total(by_product(ledger, marks)), total(rows))
        return [*rows, between] if between.realized or between.unrealized else rows


def by_day(ledger: Ledger) -> Sequence[PnlRow]:
    return [
        PnlRow(
            key=datetime.fromtimestamp(day.start_ms / 1000, UTC).date().isoformat(),
            realized=day.realized,
            fees=day.fees,
            funding=day.funding,
            unrealized=None,
            volume=day.volume,
            fills=day.fills,
            deposits=day.deposits,
        )
        for _, day in sorted(ledger.days.items())
    ]


def total(rows: Sequence[PnlRow]) -> PnlRow:
    with localcontext(EXACT):
        return PnlRow(
            key=TOTAL,
            realized=sum((one.realized for one in rows), ZERO),
            fees=sum((one.fees for one in rows), ZERO),
            funding=sum((one.funding for one in rows), ZERO),
            unrealized=_sum(one.unrealized for one in rows),
            volume=sum((one.volume for one in rows), ZERO),
            fills=sum(one.fills for one in rows),
            deposits=sum((one.deposits for one in rows), ZERO),
        )


def held(ledger: Ledger, marks: Marks) -> Sequence[HeldRow]:
    """What each run holds now; the outside's is under ``OUTSIDE_KEY``."""
    with localcontext(EXACT):
        return [
            HeldRow(
                run=OUTSIDE_KEY if run == OUTSIDE else run,
                symbol=symbol,
                quantity=book.quantity,
                entry_price=book.entry_price,
                unrealized=book.unrealized(marks.get(symbol)),
            )
            for (run, symbol), book in sorted(ledger.runs.items())
            if book.quantity != ZERO
        ]


def _row(key: str, books: Sequence[tuple[Book, Decimal | None]]) -> PnlRow:
    return PnlRow(
        key=key,
        realized=sum((book.realized for book, _ in books), ZERO),
        fees=sum((book.fees for book, _ in books), ZERO),
        funding=sum((book.funding for book, _ in books), ZERO),
        unrealized=_sum(book.unrealized(mark) for book, mark in books),
        volume=sum((book.volume for book, _ in books), ZERO),
        fills=sum(book.fills for book, _ in books),
    )


def _between(account: PnlRow, runs: PnlRow) -> PnlRow:
    unrealized = None
    if account.unrealized is not None and runs.unrealized is not None:
        unrealized = account.unrealized - runs.unrealized
    return PnlRow(
        key=BETWEEN_RUNS,
        realized=account.realized - runs.realized,
        fees=account.fees - runs.fees,
        funding=account.funding - runs.funding,
        unrealized=unrealized,
    )


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Of all, or nothing: one unknown makes the sum unknown."""
    found = ZERO
    for one in amounts:
        if one is None:
            return None
        found += one
    return found
