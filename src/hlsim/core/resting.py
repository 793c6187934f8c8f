"""The resting orders of one instrument, in price-time priority."""

from bisect import bisect_left, insort
from collections.abc import Iterator

from hlsim.core.market import Level
from hlsim.core.orders import Order


class RestingSide:
    """One side: prices sorted with the best last, orders first come first served."""

    __slots__ = ("_keys", "_levels", "_sign")

    def __init__(self, *, is_bid: bool) -> None:
        """Begin empty."""
        self._sign = 1 if is_bid else -1
        self._keys: list[int] = []
        self._levels: dict[int, dict[int, Order]] = {}

    def __bool__(self) -> bool:
        return bool(self._keys)

    @property
    def best_px(self) -> int:
        """Best price in units, 0 if nobody rests here."""
        return abs(self._keys[-1]) if self._keys else 0

    def add(self, order: Order) -> None:
        """Put an order behind the others of its price."""
        level = self._levels.get(order.px)
        if level is None:
            insort(self._keys, self._sign * order.px)
            level = self._levels[order.px] = {}
        level[order.oid] = order

    def remove(self, order: Order) -> None:
        """Take an order out; it must be there."""
        level = self._levels[order.px]
        del level[order.oid]
        if not level:
            del self._levels[order.px]
            del self._keys[bisect_left(self._keys, self._sign * order.px)]

    def first(self) -> Order | None:
        """Return the order that trades next."""
        if not self._keys:
            return None
        return next(iter(self._levels[abs(self._keys[-1])].values()))

    def orders(self) -> Iterator[Order]:
        """Yield all orders, the next to trade first."""
        for key in reversed(self._keys):
            yield from self._levels[abs(key)].values()

    def levels(self, depth: int) -> list[Level]:
        """Return up to ``depth`` prices, best first."""
        found: list[Level] = []
        for key in reversed(self._keys[-depth:]):
            orders = self._levels[abs(key)].values()
            total = sum(one.sz for one in orders)
            found.append(Level(abs(key), total, len(orders)))
        return found


class RestingBook:
    """Both sides of one instrument."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        """Begin empty."""
        self.bids = RestingSide(is_bid=True)
        self.asks = RestingSide(is_bid=False)

    def __bool__(self) -> bool:
        return bool(self.bids) or bool(self.asks)

    def side(self, *, is_buy: bool) -> RestingSide:
        """Return the side that buy orders rest on, or sell orders."""
        return self.bids if is_buy else self.asks

    def orders(self) -> Iterator[Order]:
        """Yield all orders of both sides."""
        yield from self.bids.orders()
        yield from self.asks.orders()
