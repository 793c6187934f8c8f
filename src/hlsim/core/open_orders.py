"""All orders that live: in the book, waiting for a trigger, or for their parent."""

from collections.abc import Sequence

from hlsim.core.clearing import Clearing
from hlsim.core.matching import Matching
from hlsim.core.orders import Order


class OpenOrders:
    """Living orders by user, and in the places where the exchange looks for them."""

    def __init__(self, matching: Matching, clearing: Clearing) -> None:
        """Keep the books and the accounts' counts in step with what lives."""
        self._matching = matching
        self._clearing = clearing
        self._users: dict[str, dict[int, Order]] = {}
        self._cloids: dict[tuple[str, str], int] = {}
        self._waiting: dict[int, dict[int, Order]] = {}
        self._reducing: dict[tuple[str, int], dict[int, Order]] = {}
        # Children whose parent has not been filled: neither booked nor triggered.
        self._held_back: set[int] = set()

    def get(self, user: str, oid: int) -> Order | None:
        """Return a living order of a user."""
        return self._users.get(user, {}).get(oid)

    def by_cloid(self, user: str, cloid: str) -> Order | None:
        """Return a living order by its client id."""
        oid = self._cloids.get((user, cloid))
        return None if oid is None else self.get(user, oid)

    def of(self, user: str) -> Sequence[Order]:
        """Return a user's orders, newest first."""
        return list(reversed(self._users.get(user, {}).values()))

    def count(self, user: str) -> int:
        """Return how many orders of a user live."""
        return len(self._users.get(user, ()))

    def everyone(self) -> Sequence[str]:
        """Return all users that have orders."""
        return [user for user, orders in self._users.items() if orders]

    def awaited(self) -> Sequence[int]:
        """Return the coins whose mark price some trigger order waits for."""
        return sorted(asset for asset, orders in self._waiting.items() if orders)

    def waiting(self, asset: int) -> Sequence[Order]:
        """Return the trigger orders of a coin that wait for the mark price."""
        orders = self._waiting.get(asset)
        return list(orders.values()) if orders else ()

    def reducing(self, user: str, asset: int) -> Sequence[Order]:
        """Return a user's reduce-only orders of a coin."""
        orders = self._reducing.get((user, asset))
        return list(orders.values()) if orders else ()

    def is_held_back(self, order: Order) -> bool:
        """Tell whether an order waits for its parent's fill."""
        return order.oid in self._held_back

    def add(self, order: Order) -> None:
        """Let an order live: rest in the book, or wait for its trigger."""
        self._list(order)
        self._place(order)

    def hold_back(self, order: Order) -> None:
        """Let an order live that waits for its parent's fill."""
        self._list(order)
        self._held_back.add(order.oid)

    def release(self, order: Order) -> None:
        """Let a held-back order wait for its trigger, now that its parent filled."""
        self._held_back.discard(order.oid)
        self._place(order)

    def drop(self, order: Order) -> None:
        """Let an order live no more; what remains of it leaves the book."""
        del self._users[order.user][order.oid]
        if order.cloid is not None:
            key = (order.user, order.cloid)
            if self._cloids.get(key) == order.oid:
                del self._cloids[key]
        if order.oid in self._held_back:
            self._held_back.discard(order.oid)
            return
        self._unplace(order)

    def shrink(self, order: Order, sz: int) -> None:
        """Take note that ``sz`` of a resting order traded."""
        if not order.reduce_only:
            account = self._clearing.account(order.user, order.asset)
            account.rest(order.asset, -sz, is_buy=order.is_buy)

    def _list(self, order: Order) -> None:
        self._users.setdefault(order.user, {})[order.oid] = order
        if order.cloid is not None:
            self._cloids[order.user, order.cloid] = order.oid

    def _place(self, order: Order) -> None:
        if order.reduce_only:
            key = (order.user, order.asset)
            self._reducing.setdefault(key, {})[order.oid] = order
        if order.waits:
            self._waiting.setdefault(order.asset, {})[order.oid] = order
            return
        self._matching.rest(order)
        self._count(order, order.sz)

    def _unplace(self, order: Order) -> None:
        if order.reduce_only:
            self._reducing[order.user, order.asset].pop(order.oid, None)
        if order.waits:
            self._waiting[order.asset].pop(order.oid, None)
        elif order.sz:
            self._matching.remove(order)
            self._count(order, -order.sz)

    def _count(self, order: Order, change: int) -> None:
        if not order.reduce_only:
            account = self._clearing.account(order.user, order.asset)
            account.rest(order.asset, change, is_buy=order.is_buy)
