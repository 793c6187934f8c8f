"""What 3T does at an exchange with a key, and how it looks up what came of it.

Synchronous, as ``ports.exchange``. Each method asks once: whether something may be
asked again is for the caller to know. What became of an action is told as a value;
only questions raise the ``ExchangeError`` family.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Protocol

from threet.model.errors import ExchangeError
from threet.model.orders import Fill, OrderReport, OrderSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An order with everything that is signed."""

    spec: OrderSpec
    cloid: str
    nonce: int
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """The exchange says that it has the order; ``filled`` is what was filled at once of
    one that does not rest, None for one that does, or where it is not said."""

    oid: int
    filled: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The exchange says that it does not take this order: there never was one."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Kept back by the budget or a breaker: it has not left, and never will."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, an unreadable one, or one that proves nothing.

    ``error`` is what went wrong on the way, for who looks after the exchange.
    """

    reason: str
    error: ExchangeError | None = field(default=None, compare=False)


Outcome = Accepted | Refused | NotSent | Unknown


@dataclass(frozen=True, slots=True)
class Found:
    """The exchange knows an order of this cloid."""

    report: OrderReport


@dataclass(frozen=True, slots=True)
class NotFound:
    """The exchange, asked at ``asked_ms`` by its own clock, knows none."""

    asked_ms: int


class Burned(Enum):
    """What became of a `noop` with a given nonce."""

    ACCEPTED = "accepted"  # it is used up now: nothing sent with it can ever land
    USED = "used"  # it was used, or is too low: nothing more can come of it


@dataclass(frozen=True, slots=True)
class OrdersRead:
    """The open orders but for those of ``unread`` builder dexes, with why by dex: there
    what stood before may stand still."""

    orders: Sequence[OrderReport]
    unread: Mapping[str, str] = field(default_factory=dict)


Named = tuple[str, str]  # an order: its symbol and its cloid


class OrderDesk(Protocol):
    """One account's, by one signer: nonces are the caller's, and rise."""

    def place(self, tickets: Sequence[Ticket]) -> Sequence[Outcome]:
        """Send them as one action, with the nonce and expiry of the first; an outcome
        for each, in order."""

    def cancel(self, orders: Sequence[Named], nonce: int) -> Sequence[Outcome]:
        """In one action; an outcome for each, in order: ``Accepted`` when it is gone,
        ``Refused`` when there is nothing to cancel."""

    def schedule_cancel(self, at_ms: int | None, nonce: int) -> Outcome:
        """The exchange cancels everything at that time of its clock unless it is told
        a later one; None takes that back."""

    def set_leverage(
        self, symbol: str, leverage: int, nonce: int, *, is_cross: bool
    ) -> Outcome: ...

    def burn(self, nonce: int) -> Burned | Unknown | NotSent: ...

    def look_up(self, cloid: str) -> Found | NotFound: ...

    def open_orders(self) -> Sequence[OrderReport]:
        """All of them: raises where a builder dex that is listed cannot be read."""

    def readable_orders(self) -> OrdersRead:
        """For who lets no dex hold up a way out of another."""

    def fills(self, since_ms: int) -> Sequence[Fill]:
        """At most 2000, those since ``since_ms`` first (F49): ask again from the newest
        until none is new."""
