"""What each kind of process is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from threet.accounts.ledger_reader import LedgerReader
from threet.adapters.redis_streams.market_sink import MarketSink
from threet.model.accounts import AddressUse
from threet.model.candles import Timeframe
from threet.model.events import Envelope
from threet.model.money import EquityCheck
from threet.model.times import PROCESS_DEAD_AFTER_MS
from threet.ports.account_store import AccountStore
from threet.ports.candle_store import CandleStore
from threet.ports.clock import Clock
from threet.ports.decision_store import DecisionStore
from threet.ports.event_bus import EventConsumer
from threet.ports.exchange import ExchangeReader
from threet.ports.fetch_state import FetchMemory, FetchSlots
from threet.ports.gap_store import GapCounts, GapNotes, GapStore
from threet.ports.halt_store import HaltStore
from threet.ports.live_view import LiveView, ProcessBoard
from threet.ports.market_feed import MarketFeed
from threet.ports.order_store import SeenOrders
from threet.ports.outbox import Inbox, Outbox
from threet.ports.product_store import ProductStore
from threet.ports.rate_budget import AddressLedger, RateBudget
from threet.ports.telemetry import TaskTelemetry, Untold, WebTelemetry
from threet.ports.trade_history import TradeHistory
from threet.ports.trading_view import TradingView
from threet.resilience import request_weights
from threet.resilience.access_state import Figures
from threet.resilience.address_forecast import AddressForecast
from threet.risk.limits import Limits
from threet.risk.run_gates import RunLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessParts:
    """What every long-running process has."""

    clock: Clock
    board: ProcessBoard


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerParts:
    process: ProcessParts
    exchange: ExchangeReader
    trades: TradeHistory
    products: ProductStore
    gaps: GapNotes
    feed: MarketFeed
    sink: MarketSink
    books: Sequence[str]
    dexes: Sequence[str] = ()
    access_figures: Callable[[], Figures] = dict


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerParts:
    process: ProcessParts
    consumer: EventConsumer
    inbox: Inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class WebTrading:
    """What the page shows of trading, and the halts that it may set and end.

    ``halts`` are of every account the database knows, ``runs`` are configured now.
    ``seen_orders`` gives None until somebody looked at the exchange. Without an account
    there is no ``ledger``; it is to be asked by one thread at a time.
    """

    view: TradingView
    decisions: DecisionStore
    halts: Callable[[], Mapping[str, HaltStore]]
    ledger: LedgerReader | None
    last_check: Callable[[], EquityCheck | None]
    limits: Limits
    runs: Mapping[str, RunLimits]
    seen_orders: Callable[[], SeenOrders | None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebParts:
    """What the page and its API are made of; ``address`` is None without an account.

    ``allowed_hosts`` are further names under which a browser may ask, for a server
    that is not on loopback; the loopback names are always allowed.
    """

    clock: Clock
    products: ProductStore
    candles: CandleStore
    accounts: AccountStore
    live: LiveView
    exchange: ExchangeReader
    network: str
    address: str | None
    expected_processes: Sequence[str]
    price_stale_after_ms: int
    account_stale_after_ms: int = 120_000
    process_dead_after_ms: int = PROCESS_DEAD_AFTER_MS
    host: str = "127.0.0.1"
    port: int = 8080
    allowed_hosts: Sequence[str] = ()
    board: ProcessBoard | None = None  # None where nobody looks, as in a test
    budget: RateBudget | None = None  # None where nothing is weighed
    address_forecast: Callable[[], AddressForecast | None] | None = None
    access_figures: Callable[[], Figures] = dict
    gap_counts: Callable[[], GapCounts] | None = None
    telemetry: WebTelemetry = field(default_factory=Untold)
    trading: WebTrading | None = None  # None where nothing is decided
    token: str | None = field(default=None, repr=False)  # whoever has it is let in


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWeights:
    """What readings weigh that go over all the configured dexes."""

    catalogue: int = request_weights.catalogue(0)
    account: int = request_weights.account(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    """What the tasks work with; ``publish`` and ``beat`` raise ``DependencyError``.

    ``exchange`` expects that the weight of a call was taken from ``budget`` before.
    """

    clock: Clock
    products: ProductStore
    candles: CandleStore
    gaps: GapStore
    accounts: AccountStore
    outbox: Outbox
    fetch_memory: FetchMemory
    fetch_slots: FetchSlots
    budget: RateBudget
    exchange: ExchangeReader
    publish: Callable[[Sequence[Envelope]], None]
    beat: Callable[[Mapping[str, int | float | str]], None]
    address: str | None
    timeframes: Sequence[Timeframe]
    hot_candles: int
    kept_for_others: int
    wished_products: Sequence[str]
    weights: ReadWeights = ReadWeights()
    address_ledger: AddressLedger | None = None
    address_use: Callable[[str], AddressUse] | None = None  # pays by itself
    access_figures: Callable[[], Figures] = dict


@dataclass(frozen=True, slots=True, kw_only=True)
class CelerySettings:
    """``schedules`` are seconds by task name; 0 switches an entry off."""

    broker_url: str = field(repr=False)  # holds a password
    schedules: Mapping[str, float]
    pool: str
    autoscale: tuple[int, int]
    log_level: str
    telemetry: Callable[[], TaskTelemetry] = Untold  # called after any fork
