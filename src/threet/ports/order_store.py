"""Orders that rest at the exchange, as the gateway last saw them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from threet.model.orders import OrderReport


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenOrders:
    """``as_of_ms`` is when they were last known to be all there is."""

    orders: Sequence[OrderReport]
    as_of_ms: int


class OrderStore(Protocol):
    """Of one account. Raises ``DependencyError``."""

    def replace(self, orders: Sequence[OrderReport], as_of_ms: int) -> None:
        """These rest, and no others."""

    def working(self) -> SeenOrders | None:
        """None before anybody has looked."""
