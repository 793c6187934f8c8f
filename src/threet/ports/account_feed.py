"""News of an account's orders and fills, which the exchange tells only once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


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


class AccountFeed(Protocol):
    async def run(self, address: str, reconcile: Reconcile) -> None:
        """Listen until canceled. ``reconcile`` is called once the subscriptions of a
        connection are acknowledged: after the first one, and after each that follows.
        It must not block.
        """
