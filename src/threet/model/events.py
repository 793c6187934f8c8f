"""What happened, in the past tense; what flows between processes.

Every event says when the exchange dates it (``event_ms``; None where the wire gives no
time) and when its frame reached this machine (``received_ns``, UTC nanoseconds).
"""

from decimal import Decimal

import msgspec

from threet.model.accounts import AccountPosition
from threet.model.books import BookLevel, require_book
from threet.model.candles import Candle
from threet.model.orders import Fill, OrderReport
from threet.model.prices import PriceChange, PriceKey
from threet.model.trades import Trade


class _Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    received_ns: int
    event_ms: int | None = None


class PricesUpdated(_Event, frozen=True, kw_only=True, gc=False):
    """The prices of one received frame that differ from the ones before.

    A price that the frame repeated is in ``confirmed``: as old as it was, yet fresh.
    ``confirms_mids`` says so of every known mid price of ``dex`` at once ("" is the
    first one). What the frame says is there no more (a delisted symbol, an empty side
    of a book) is in ``vanished``.
    """

    changes: tuple[PriceChange, ...]
    confirmed: tuple[PriceKey, ...] = ()
    confirms_mids: bool = False
    vanished: tuple[PriceKey, ...] = ()
    dex: str = ""


class TradesPrinted(_Event, frozen=True, kw_only=True, gc=False):
    """All trades of one received frame, in the frame's order."""

    trades: tuple[Trade, ...]


class BookUpdated(_Event, frozen=True, kw_only=True, gc=False):
    """A whole snapshot of a book; it replaces the one before."""

    symbol: str
    bids: tuple[BookLevel, ...]
    asks: tuple[BookLevel, ...]

    def __post_init__(self) -> None:
        require_book(self.bids, self.asks)


class CandleFormed(_Event, frozen=True, kw_only=True, gc=False):
    """The forming bar as it stands now; the next one replaces it."""

    candle: Candle


class CandlesClosed(_Event, frozen=True, kw_only=True, gc=False):
    """Bars that will not change again but by a later authoritative row."""

    candles: tuple[Candle, ...]


class BalanceUpdated(_Event, frozen=True, kw_only=True, gc=False):
    """The account's balance was read and stored; amounts in USDC."""

    address: str
    account_value: Decimal
    total_margin_used: Decimal
    withdrawable: Decimal


class PositionsUpdated(_Event, frozen=True, kw_only=True, gc=False):
    """All open positions of the account, as read and stored."""

    address: str
    positions: tuple[AccountPosition, ...]


class OrdersUpdated(_Event, frozen=True, kw_only=True, gc=False):
    """Orders of the account that changed, each as it stands now."""

    orders: tuple[OrderReport, ...]


class FillsReceived(_Event, frozen=True, kw_only=True, gc=False):
    """Executions of the account's orders; from the outbox each is told once."""

    fills: tuple[Fill, ...]


class AccountSeized(_Event, frozen=True, kw_only=True, gc=False):
    """The exchange says that it liquidates the account, or canceled what it wanted
    to: what is known of it is old."""


class TargetsDecided(_Event, frozen=True, kw_only=True, gc=False):
    """A run wants something else of these symbols; what, is in the database."""

    run: str
    decision_id: str
    symbols: tuple[str, ...]


class AlertRaised(_Event, frozen=True, kw_only=True, gc=False):
    """Something needs a person: ``count`` faults within ``window_secs``.

    ``name`` says of what kind ("exchange_timeout"), ``source`` which process saw it.
    The same is told again only after a pause.
    """

    name: str
    source: str
    message: str
    count: int
    window_secs: int


Event = (
    PricesUpdated
    | TradesPrinted
    | BookUpdated
    | CandleFormed
    | CandlesClosed
    | BalanceUpdated
    | PositionsUpdated
    | OrdersUpdated
    | FillsReceived
    | AccountSeized
    | TargetsDecided
    | AlertRaised
)


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """An event with the id under which it takes effect once.

    The same ``event_id`` delivered twice is the same fact. ``traceparent`` (W3C) links
    it to the work that caused it, "" when there is none.
    """

    event_id: str
    event: Event
    traceparent: str = ""
