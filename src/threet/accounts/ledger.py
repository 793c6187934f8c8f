"""The ledger: fills, fees, funding and deposits, entry by entry, to the last digit.

Two views of the same fills. By product it is the exchange's word: what it says each
fill realized. By run each has a book of its own, as if it traded alone; what runs close
of each other's inside one account is the difference, and told as such.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from threet.accounts.attribution import OUTSIDE, shared, split
from threet.accounts.books import EXACT, Book
from threet.model.money import (
    FOLLOWING,
    OPENING_POSITION,
    FundingPayment,
    LedgerUpdate,
)
from threet.model.numbers import ZERO
from threet.model.orders import Fill
from threet.ports.ledger_store import Origin

DAY_MS = 86_400_000


@dataclass(slots=True)
class Day:
    """Sums of one UTC day that begins at ``start_ms``."""

    start_ms: int
    realized: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    deposits: Decimal = ZERO
    volume: Decimal = ZERO
    fills: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A run's part of a fill: ``realized`` of what the exchange says the fill realized,
    ``of_run`` by the run's own book."""

    run: str
    change: Decimal
    fee: Decimal
    realized: Decimal
    of_run: Decimal


@dataclass(slots=True)
class Ledger:
    """Entries come in order. ``gaps`` counts fills that did not begin at the position
    where the one before ended: one in between was never told.

    ``unknown`` are updates whose effect on the account is not known; ``following`` has
    the names of the builder dexes on which it is followed.
    """

    products: dict[str, Book] = field(default_factory=dict)
    runs: dict[tuple[str, str], Book] = field(default_factory=dict)
    days: dict[int, Day] = field(default_factory=dict)
    deposits: Decimal = ZERO
    unknown: list[LedgerUpdate] = field(default_factory=list)
    gaps: int = 0
    following: str = ""

    def add_fill(self, fill: Fill, origin: Origin | None) -> Sequence[Part]:
        """Returns whose it was."""
        with localcontext(EXACT):
            book = self._at_start(fill)
            entry = _entry_told(fill)
            book.trade(fill.change, fill.price, entry)
            book.realized += fill.closed_pnl
            book.fees += fill.fee
            day = self._day(fill.time_ms)
            day.realized += fill.closed_pnl
            day.fees += fill.fee
            day.volume += fill.price * fill.quantity
            day.fills += 1
            return self._attribute(fill, origin, entry)

    def add_funding(self, paid: FundingPayment) -> Mapping[str, Decimal]:
        """Returns the amount of each run."""
        with localcontext(EXACT):
            self._product(paid.symbol).funding += paid.amount
            self._day(paid.time_ms).funding += paid.amount
            parts = self._funded(paid)
            for run, amount in parts.items():
                self._run(run, paid.symbol).funding += amount
            return parts

    def add_update(self, update: LedgerUpdate) -> None:
        with localcontext(EXACT):
            if update.kind == OPENING_POSITION:
                self._open(update)
            elif update.amount is None:
                self.unknown.append(update)
            else:
                if update.kind == FOLLOWING:
                    self.following = update.detail
                self.deposits += update.amount
                self._day(update.time_ms).deposits += update.amount

    def positions(self) -> Mapping[str, Decimal]:
        return {symbol: book.quantity for symbol, book in self.products.items()}

    def positions_of(self, run: str) -> Mapping[str, Decimal]:
        """Of one run, without those that are flat."""
        return {
            symbol: book.quantity
            for (owner, symbol), book in self.runs.items()
            if owner == run and book.quantity != ZERO
        }

    def books_of(self, symbol: str) -> Iterator[tuple[str, Book]]:
        for (run, name), book in self.runs.items():
            if name == symbol:
                yield run, book

    def _product(self, symbol: str) -> Book:
        return self.products.setdefault(symbol, Book())

    def _run(self, run: str, symbol: str) -> Book:
        return self.runs.setdefault((run, symbol), Book())

    def _day(self, time_ms: int) -> Day:
        start_ms = time_ms - time_ms % DAY_MS
        return self.days.setdefault(start_ms, Day(start_ms))

    def _at_start(self, fill: Fill) -> Book:
        """The product's book, where the exchange says that it was before the fill."""
        book = self._product(fill.symbol)
        missing = fill.start_position - book.quantity
        if missing != ZERO:
            self.gaps += book.fills > 0
            book.put(fill.start_position, None)
            outside = self._run(OUTSIDE, fill.symbol)
            outside.put(outside.quantity + missing, None)
        return book

    def _open(self, update: LedgerUpdate) -> None:
        for book in (
            self._product(update.symbol),
            self._run(OUTSIDE, update.symbol),
        ):
            book.put(update.quantity, update.cost)

    def _attribute(
        self, fill: Fill, origin: Origin | None, entry: Decimal | None
    ) -> Sequence[Part]:
        held = {run: book.quantity for run, book in self.books_of(fill.symbol)}
        changes = split(fill.change, origin, held)
        fees, profits = shared(fill.fee, changes), shared(fill.closed_pnl, changes)
        found = []
        for run, change in changes.items():
            book, fee = self._run(run, fill.symbol), fees.get(run, ZERO)
            of_run = book.trade(change, fill.price, entry)
            book.realized += of_run
            book.fees += fee
            found.append(Part(run, change, fee, profits.get(run, ZERO), of_run))
        return found

    def _funded(self, paid: FundingPayment) -> Mapping[str, Decimal]:
        """In proportion to what each held; a short among longs receives."""
        held = {
            run: book.quantity
            for run, book in self.books_of(paid.symbol)
            if book.quantity != ZERO
        }
        if missing := paid.quantity - sum(held.values(), ZERO):
            held[OUTSIDE] = held.get(OUTSIDE, ZERO) + missing
        if paid.quantity == ZERO:
            return {OUTSIDE: paid.amount}
        return shared(paid.amount, held)


def _entry_told(fill: Fill) -> Decimal | None:
    """The entry price that a closing fill's profit tells; None if it closes nothing."""
    if fill.start_position * fill.change >= ZERO:
        return None
    closed = min(fill.quantity, abs(fill.start_position))
    return fill.price + fill.closed_pnl / closed * fill.side.sign
