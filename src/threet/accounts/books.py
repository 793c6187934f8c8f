"""A position and what it cost, reckoned as the exchange does.

A close takes its share of the cost; realized is what it brought less that. The cost is
kept to 10**-18 USDC and told, like every amount of the exchange, in millionths: by
how much the told cost fell is what was realized, so that all profits add up to the cash
they left.
"""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

from threet.model.numbers import ZERO

# Wide enough for every product of two amounts the model allows.
EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)
_FINE = Decimal(1).scaleb(-18)
_TOLD = Decimal(1).scaleb(-6)
_HALF = _TOLD / 2


@dataclass(slots=True)
class Book:
    """``cost`` is signed like ``quantity``, and None where what was bought before the
    known history is not known. The rest are sums; ``fees`` are what was paid."""

    quantity: Decimal = ZERO
    cost: Decimal | None = ZERO
    realized: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    volume: Decimal = ZERO
    fills: int = 0

    def put(self, quantity: Decimal, cost: Decimal | None) -> None:
        """A position that came by no fill."""
        self.quantity = quantity
        self.cost = ZERO if quantity == ZERO else cost

    def trade(self, change: Decimal, price: Decimal, entry: Decimal | None) -> Decimal:
        """Returns what was realized. ``entry`` is the price at which it was bought,
        for a close of what has no known cost; without it nothing is realized."""
        closing = ZERO
        if self.quantity * change < ZERO:
            closing = -self.quantity if abs(change) > abs(self.quantity) else change
        realized = self._close(closing, price, entry) if closing else ZERO
        if (opening := change - closing) != ZERO:
            self.quantity += opening
            if self.cost is not None:
                self.cost += opening * price
        self.volume += abs(change) * price
        self.fills += 1
        return realized

    def _close(
        self, closing: Decimal, price: Decimal, entry: Decimal | None
    ) -> Decimal:
        if self.cost is None:
            self.cost = self.quantity * (price if entry is None else entry)
        before, share = self.cost, abs(closing) / abs(self.quantity)
        released = self.cost if share == 1 else _released(self, closing)
        self.cost -= released
        self.quantity += closing
        return -closing * price - (told(before) - told(self.cost))

    def unrealized(self, mark: Decimal | None) -> Decimal | None:
        """At the mark price; None where that, or the cost, is not known (F51). A price
        of 0 is that of a delisted product, and none (F41)."""
        if self.quantity == ZERO:
            return ZERO
        if mark is None or mark <= ZERO or self.cost is None:
            return None
        return self.quantity * mark - told(self.cost)

    @property
    def entry_price(self) -> Decimal | None:
        if self.quantity == ZERO or self.cost is None:
            return None
        return self.cost / self.quantity


def told(amount: Decimal) -> Decimal:
    """In millionths. Halves go up, always: to even, a whole amount bought at a half
    would cost a millionth more or less than it did."""
    return EXACT.add(amount, _HALF).quantize(_TOLD, ROUND_FLOOR, EXACT)


def _released(book: Book, closing: Decimal) -> Decimal:
    cost = book.cost or ZERO
    return (cost * abs(closing) / abs(book.quantity)).quantize(
        _FINE, rounding=ROUND_HALF_EVEN, context=EXACT
    )
