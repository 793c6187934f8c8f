"""News of an account's orders and fills, which the exchange tells only once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from threet.model.orders import Fill, OrderReport


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileNow:
    """Something may have happened unheard since ``since_ms``; None is ever.

    Ask the exchange for open orders, fills since then and the state of every order
    that is not known to have ended: ``orderUpdates`` and ``userEvents`` come without a
    snapshot.
    """

    address: str
    since_ms: int | None


Reconcile = Callable[[ReconcileNow], None]
# Called once for each received frame; must not block.
Hear = Callable[[Sequence[OrderReport | Fill]], None]


class AccountFeed(Protocol):
    async def run(self, address: str, hear: Hear, reconcile: Reconcile) -> None:
        """Listen until canceled.

        ``reconcile`` is called once the subscriptions of a connection are acknowledged:
        after the first one, after each that follows, and when the exchange itself did
        something to the account. It must not block.
        """

    @property
    def is_live(self) -> bool:
        """Whether news would be heard now, as far as anybody knows."""
