"""Order book snapshots, as far as the exchange shows them."""

from decimal import Decimal

import msgspec

from threet.model.errors import InvalidValueError
from threet.model.numbers import require_positive


class BookLevel(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """``orders`` is how many orders make up ``quantity``."""

    price: Decimal
    quantity: Decimal
    orders: int

    def __post_init__(self) -> None:
        require_positive("price", self.price)
        require_positive("quantity", self.quantity)


def require_book_order(
    bids: tuple[BookLevel, ...], asks: tuple[BookLevel, ...]
) -> None:
    """Bids fall, asks rise, and the best bid is below the best ask."""
    for side, name in ((bids, "bids"), (asks, "asks")):
        prices = [level.price for level in side]
        if prices != sorted(prices, reverse=side is bids):
            raise InvalidValueError(name, "be ordered from the best price", prices[:3])
    if bids and asks and bids[0].price >= asks[0].price:
        best = f"{bids[0].price} / {asks[0].price}"
        raise InvalidValueError("book", "have its bid below its ask", best)
