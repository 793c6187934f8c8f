"""Wires the trader and the order gateway."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec
import structlog

from threet.accounts.believing import is_believable
from threet.accounts.equity_watch import EquityWatch
from threet.accounts.ledger_reader import LedgerReader
from threet.adapters.hyperliquid.posting import Posting
from threet.adapters.hyperliquid.signing import Signer, Source
from threet.adapters.hyperliquid.trading import Account, HyperliquidOrderDesk
from threet.adapters.sql.account_store import SqlAccountStore
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.sql.ledger_store import SqlLedgerStore
from threet.adapters.sql.product_store import SqlProductStore
from threet.adapters.sql.trading_store import SqlFillStore, SqlIntentStore
from threet.bootstrap import access, processes
from threet.bootstrap import settings as root
from threet.bootstrap.parts import ProcessParts
from threet.bootstrap.risk import account_gate, limits
from threet.bootstrap.strategy_runs import configured
from threet.config.sections import Sections
from threet.engine.run import StrategyRun
from threet.engine.view import RunView
from threet.execution.gateway import Gateway, GatewayParts
from threet.execution.reconciling import Book, Manner, Style
from threet.market_data.quotes import Quotes
from threet.market_data.trading_catalogue import TradingCatalogue
from threet.model.accounts import AccountState
from threet.model.errors import ConfigurationError
from threet.ports.candle_store import CandleStore
from threet.ports.clock import Clock
from threet.ports.decision_store import DecisionStore
from threet.ports.halt_store import HaltStore
from threet.ports.live_view import LiveView
from threet.ports.rate_budget import Priority
from threet.resilience.guarded_desk import GuardedOrderDesk

_log = structlog.get_logger("threet.trader")
_PEAK_DAYS = 30
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderParts:
    """``equity`` is the account's, None while it is unknown or old."""

    process: ProcessParts
    live: LiveView
    candles: CandleStore
    decisions: DecisionStore
    ledger: LedgerReader
    equity: Callable[[], Decimal | None]
    runs: Sequence[StrategyRun]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderGatewayParts:
    process: ProcessParts
    gateway: Gateway
    live: LiveView
    quotes: Quotes
    decisions: DecisionStore
    halts: HaltStore
    every_secs: float


def trader() -> TraderParts:
    settings = root.config()
    address = _address(settings)
    process = processes.process_parts(settings, "trader")
    store = processes.database(settings)
    decisions = SqlDecisionStore(store)
    hot = settings.market_data.hot_candles
    return TraderParts(
        process=process,
        live=processes.live_view(settings),
        candles=SqlCandleStore(store, hot_candles=hot),
        decisions=decisions,
        ledger=LedgerReader(SqlLedgerStore(store, account=address)),
        equity=_equity(settings, store, process.clock, address),
        runs=_runs(settings, decisions, _decimals(store), process.clock),
    )


def order_gateway() -> OrderGatewayParts:
    """Raises ``ConfigurationError`` without an account or a key of its agent."""
    settings = root.config()
    if settings.exchanges.hyperliquid.network == "mainnet":
        # Until stops at the exchange, the ledger and the account's check are there.
        reason = "exchanges.hyperliquid.network: 3T does not trade on mainnet yet"
        raise ConfigurationError([reason])
    process = processes.process_parts(settings, "order_gateway")
    store, address = processes.database(settings), _address(settings)
    halts = SqlHaltStore(store, account=address)
    quotes = Quotes(process.clock, settings.risk.most_price_age_ms)
    return OrderGatewayParts(
        process=process,
        gateway=_gateway(settings, process.clock, store, halts, quotes),
        live=processes.live_view(settings),
        quotes=quotes,
        decisions=SqlDecisionStore(store),
        halts=halts,
        every_secs=settings.execution.every_secs,
    )


def _address(settings: Sections) -> str:
    address = settings.exchanges.hyperliquid.wallet_address
    if address is None:
        setting = "exchanges.hyperliquid.wallet_address"
        raise ConfigurationError([f"{setting}: trading needs the account's address"])
    return address


def _signer(settings: Sections, address: str) -> Signer:
    """The key of the account itself is refused: it could do more than trade (S4)."""
    hyperliquid = settings.exchanges.hyperliquid
    setting = "exchanges.hyperliquid.private_key"
    if hyperliquid.private_key is None:
        raise ConfigurationError([f"{setting}: trading needs the key of an agent"])
    source: Source = "a" if hyperliquid.network == "mainnet" else "b"
    try:
        signer = Signer(hyperliquid.private_key.get_secret_value(), source)
    except ValueError as error:
        raise ConfigurationError([f"{setting}: {error}"]) from None
    if signer.address == address:
        reason = f"{setting}: is the account's own; approve an agent and use its key"
        raise ConfigurationError([reason])
    return signer


def _gateway(
    settings: Sections, clock: Clock, store: Database, halts: HaltStore, quotes: Quotes
) -> Gateway:
    address = _address(settings)
    signer = _signer(settings, address)
    manager = access.exchange_manager(
        settings, clock, access.budget(settings, clock), source="order_gateway"
    )
    # What an order rests on matters as much as the order.
    exchange = manager.get_exchange(priority=Priority.ORDER)
    catalogue = TradingCatalogue(exchange.products, clock)
    accounts = SqlAccountStore(store)
    watch = EquityWatch()
    since_ms = clock.now_ms() - _PEAK_DAYS * _DAY_MS
    watch.note_all(accounts.equities(address, since_ms))

    def read_account() -> AccountState:
        state = exchange.account(address)
        if is_believable(state, accounts.current(address), None):
            watch.note(state.account_ms, state.account_value)
        return state

    return Gateway(
        GatewayParts(
            clock=clock,
            desk=GuardedOrderDesk(
                _desk(settings, clock, signer, address, catalogue, exchange.server_ms),
                manager,
            ),
            intents=SqlIntentStore(store, account=address, signer=signer.address),
            fills=SqlFillStore(store, account=address),
            read_account=read_account,
            book=lambda symbol: _book(quotes, symbol),
            decimals=catalogue.decimals,
            approve=account_gate(
                clock=clock,
                bounds=limits(settings.risk),
                quotes=quotes,
                watch=watch,
                halts=halts,
            ),
            manner=_manner(settings),
            is_simulated=settings.exchanges.hyperliquid.network == "simulator",
        )
    )


def _desk(
    settings: Sections,
    clock: Clock,
    signer: Signer,
    address: str,
    catalogue: TradingCatalogue,
    server_ms: Callable[[], int],
) -> HyperliquidOrderDesk:
    url = root.rest_url(settings).rstrip("/")
    patience = settings.exchanges.hyperliquid.request_timeout_secs

    def posting(path: str) -> Posting:
        return Posting(
            url=f"{url}/{path}", clock=clock, timeout_secs=patience, connections=8
        )

    return HyperliquidOrderDesk(
        exchange=posting("exchange"),
        info=posting("info"),
        signer=signer,
        account=Account(address=address),
        asset_of=catalogue.asset_of,
        server_ms=server_ms,
    )


def _book(quotes: Quotes, symbol: str) -> Book | None:
    best = quotes.best(symbol)
    return None if best is None else Book(bid=best[0], ask=best[1])


def _manner(settings: Sections) -> Manner:
    execution = settings.execution
    return Manner(
        style=Style(execution.style),
        bound=execution.bound,
        least_notional=execution.least_notional,
        least_share=execution.least_share,
    )


def _runs(
    settings: Sections,
    decisions: DecisionStore,
    decimals: Callable[[str], int | None],
    clock: Clock,
) -> Sequence[StrategyRun]:
    """Raises ``ConfigurationError`` for a strategy or a parameter that is none.

    What a run wants that is not configured any more is forgotten: its positions stay,
    and are nobody's wish.
    """
    names = {run.name for run in settings.strategies}
    for gone in {one.run for one in decisions.targets()} - names:
        decisions.end(gone)
        _log.warning("run_ended", run=gone, because="it is not configured any more")
    found = []
    for run, strategy in configured(settings):
        parameters = msgspec.json.encode(strategy).decode()
        memory = decisions.begin(run.name, run.strategy, parameters, clock.now_ms())
        view = RunView(
            needs=strategy.needs(),
            most_price_age_ms=settings.risk.most_price_age_ms,
            memory=dict(memory or {}),
        )
        found.append(
            StrategyRun(name=run.name, strategy=strategy, view=view, decimals=decimals)
        )
    return found


def _decimals(store: Database) -> Callable[[str], int | None]:
    """From the kept products; asked until the catalogue has been read."""
    products, known = SqlProductStore(store), dict[str, int]()

    def decimals(symbol: str) -> int | None:
        if symbol not in known:
            for one in products.products():
                if one.quantity_decimals is not None:
                    known[one.symbol] = one.quantity_decimals
        return known.get(symbol)

    return decimals


def _equity(
    settings: Sections, store: Database, clock: Clock, address: str
) -> Callable[[], Decimal | None]:
    accounts = SqlAccountStore(store)

    def equity() -> Decimal | None:
        state = accounts.current(address)
        most_age_ms = settings.risk.most_account_age_ms
        if state is None or clock.now_ms() - state.account_ms > most_age_ms:
            return None
        return state.account_value

    return equity
