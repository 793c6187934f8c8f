"""Order book snapshots, as far as the exchange shows them."""

from decimal import Decimal
from operator import lt

import msgspec

from threet.model.errors import InvalidValueError
from threet.model.numbers import require_positive


class BookLevel(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """``orders`` is how many orders make up ``quantity``; the book keeps the laws."""

    price: Decimal
    quantity: Decimal
    orders: int


def require_book(bids: tuple[BookLevel, ...], asks: tuple[BookLevel, ...]) -> None:
    """Bids fall, asks rise, the best bid is below the best ask, all is positive."""
    bid_prices, ask_prices = _checked("bids", bids), _checked("asks", asks)
    if not _rises(bid_prices[::-1]):
        raise InvalidValueError("bids", "fall from the best price", bid_prices)
    if not _rises(ask_prices):
        raise InvalidValueError("asks", "rise from the best price", ask_prices)
    if bids and asks and bid_prices[0] >= ask_prices[0]:
        best = f"{bid_prices[0]} / {ask_prices[0]}"
        raise InvalidValueError("book", "have its bid below its ask", best)


def _checked(name: str, levels: tuple[BookLevel, ...]) -> list[Decimal]:
    """The prices of a side whose least numbers are positive, and so all are."""
    prices = [level.price for level in levels]
    if levels:
        require_positive(f"{name} price", min(prices))
        require_positive(f"{name} quantity", min(level.quantity for level in levels))
    return prices


def _rises(prices: list[Decimal]) -> bool:
    return all(map(lt, prices, prices[1:]))
