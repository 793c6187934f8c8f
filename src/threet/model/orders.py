"""Orders: what is asked of the exchange, and what it says became of it."""

from decimal import Decimal
from enum import Enum

import msgspec

from threet.model.errors import InvalidValueError
from threet.model.numbers import require_not_negative, require_positive


class Side(Enum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1

    @staticmethod
    def of(quantity: Decimal) -> "Side":
        """The side that brings this change of a position."""
        return Side.BUY if quantity > 0 else Side.SELL


class TimeInForce(Enum):
    """``IOC`` fills at once or not at all, ``ALO`` only rests (post-only)."""

    GTC = "Gtc"
    IOC = "Ioc"
    ALO = "Alo"


class TriggerKind(Enum):
    STOP_LOSS = "sl"
    TAKE_PROFIT = "tp"


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """The order sleeps until the mark price is at ``price`` or beyond it."""

    kind: TriggerKind
    price: Decimal


class OrderSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One order as it is to be sent. ``limit_price`` is the worst price accepted; of a
    triggered order the worst one after it was triggered."""

    symbol: str
    side: Side
    quantity: Decimal
    limit_price: Decimal
    time_in_force: TimeInForce = TimeInForce.GTC
    reduce_only: bool = False
    trigger: Trigger | None = None

    def __post_init__(self) -> None:
        # A reduce-only order of size 0 closed a whole position elsewhere (F26).
        require_positive("quantity", self.quantity)
        require_positive("limit_price", self.limit_price)

    @property
    def change(self) -> Decimal:
        """What a complete fill does to the position."""
        return self.quantity * self.side.sign


class OrderPhase(Enum):
    """Where an order is in its life, whatever the exchange calls it (F16)."""

    WORKING = "working"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"

    @property
    def is_over(self) -> bool:
        return self is not OrderPhase.WORKING


_PHASES = {
    "open": OrderPhase.WORKING,
    "triggered": OrderPhase.WORKING,
    "filled": OrderPhase.FILLED,
    "canceled": OrderPhase.CANCELED,
    "scheduledCancel": OrderPhase.CANCELED,
    "rejected": OrderPhase.REJECTED,
}


def phase_of(status: str) -> OrderPhase:
    """By HYPERLIQUID.md 2.4; the exchange may add words, which end as those do.

    Raises ``InvalidValueError`` for a word that says neither.
    """
    known = _PHASES.get(status)
    if known is not None:
        return known
    if status.endswith("Canceled") or status.endswith("Cancel"):
        return OrderPhase.CANCELED
    if status.endswith("Rejected"):
        return OrderPhase.REJECTED
    raise InvalidValueError("order status", "be one the exchange documents", status)


class OrderReport(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the exchange reports it at ``status_ms``.

    ``quantity`` is as it was sent, ``remaining`` what has not been filled of it.
    ``cloid`` is None for an order that was not sent with one.
    """

    symbol: str
    oid: int
    cloid: str | None
    side: Side
    quantity: Decimal
    remaining: Decimal
    limit_price: Decimal
    status: str
    status_ms: int
    reduce_only: bool = False
    trigger_price: Decimal | None = None

    def __post_init__(self) -> None:
        require_not_negative("quantity", self.quantity)
        require_not_negative("remaining", self.remaining)
        phase_of(self.status)

    @property
    def phase(self) -> OrderPhase:
        return phase_of(self.status)

    @property
    def filled(self) -> Decimal:
        return self.quantity - self.remaining


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One execution; ``tid`` is its key, since one order has many fills (F20).

    ``start_position`` is the signed position before it: fills of one millisecond are
    ordered by it (F19). ``fee`` is in USDC, negative for a rebate; ``closed_pnl`` is
    without it. ``is_liquidation``: the exchange itself closed it, by liquidation or by
    deleveraging the account.
    """

    symbol: str
    tid: int
    oid: int
    cloid: str | None
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    closed_pnl: Decimal
    start_position: Decimal
    time_ms: int
    is_taker: bool
    is_liquidation: bool = False

    def __post_init__(self) -> None:
        require_positive("price", self.price)
        require_positive("quantity", self.quantity)

    @property
    def change(self) -> Decimal:
        return self.quantity * self.side.sign
