"""Wires the order gateway: the one process that holds a key."""

from collections.abc import Callable
from dataclasses import dataclass

from threet.accounts.authority import Authority, authority
from threet.accounts.believing import is_believable
from threet.accounts.equity_identity import is_followed
from threet.accounts.equity_watch import EquityWatch
from threet.accounts.ledger_watch import LedgerWatch
from threet.accounts.trading_rights import TradingRights
from threet.adapters.hyperliquid.account_feed import HyperliquidAccountFeed
from threet.adapters.hyperliquid.dexes import BuilderDexes
from threet.adapters.hyperliquid.identity import HyperliquidIdentity
from threet.adapters.hyperliquid.posting import Posting
from threet.adapters.hyperliquid.signing import Signer
from threet.adapters.hyperliquid.trading import Account, HyperliquidOrderDesk
from threet.adapters.redis_state.authority_memory import RedisAuthorityMemory
from threet.adapters.sql.account_store import SqlAccountStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.sql.order_store import SqlOrderStore
from threet.adapters.sql.trading_store import SqlFillStore, SqlIntentStore
from threet.adapters.sql.trading_view import SqlTradingView
from threet.bootstrap import access, processes
from threet.bootstrap import settings as root
from threet.bootstrap.ledger import ledger_watch
from threet.bootstrap.parts import ProcessParts
from threet.bootstrap.risk import account_gate, limits, sent_before
from threet.bootstrap.trading import (
    KEY,
    address_of,
    require_agents,
    signer_of,
    told_at_once,
)
from threet.config.sections import Sections
from threet.execution.account_news import AccountNews
from threet.execution.gateway import Gateway, GatewayParts, Leverage
from threet.execution.reconciling import Book, Manner, Style
from threet.market_data.quotes import Quotes
from threet.market_data.trading_catalogue import TradingCatalogue
from threet.model.accounts import AccountPart, AccountRead
from threet.model.errors import ConfigurationError
from threet.model.events import AlertRaised
from threet.ports.account_feed import AccountFeed
from threet.ports.account_store import AccountStore
from threet.ports.clock import Clock
from threet.ports.decision_store import DecisionStore
from threet.ports.fill_store import FillStore
from threet.ports.halt_store import HaltStore
from threet.ports.intent_store import IntentStore
from threet.ports.live_view import LiveView
from threet.ports.order_store import OrderStore
from threet.ports.rate_budget import Priority
from threet.resilience.backoff import Backoff
from threet.resilience.exchange_manager import ExchangeManager
from threet.resilience.guarded_desk import GuardedOrderDesk
from threet.resilience.guarded_identity import GuardedIdentity

_PEAK_DAYS = 30
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderGatewayParts:
    """``opened`` is the gateway for what the exchange says that the key may do."""

    process: ProcessParts
    address: str
    rights: TradingRights
    opened: Callable[[Authority], Gateway]
    ledger: LedgerWatch
    feed: AccountFeed
    news: AccountNews
    live: LiveView
    quotes: Quotes
    intents: IntentStore
    fills: FillStore
    decisions: DecisionStore
    halts: HaltStore
    orders: OrderStore
    relay: Callable[[], int]
    alert: Callable[[AlertRaised], None]
    every_secs: float


def order_gateway() -> OrderGatewayParts:
    """Raises ``ConfigurationError`` without an account or a key of its agent."""
    settings = root.config()
    _require_allowed(settings)
    process = processes.process_parts(settings, "order_gateway")
    store, address = processes.database(settings), address_of(settings)
    clock, signer = process.clock, _signer(settings, address)
    feed = HyperliquidAccountFeed(
        url=root.websocket_url(settings),
        clock=clock,
        backoff=Backoff(seed=clock.now_ms()),
    )
    manager = access.exchange_manager(
        settings, clock, access.budget(settings, clock), source="order_gateway"
    )
    wires = _Wires(
        settings=settings,
        clock=clock,
        store=store,
        signer=signer,
        address=address,
        manager=manager,
        ledger=ledger_watch(settings, clock, store, manager, address=address),
        quotes=Quotes(clock, settings.risk.most_price_age_ms),
        news=AccountNews(lambda: feed.is_live),
    )
    return OrderGatewayParts(
        process=process,
        address=address,
        rights=wires.rights(),
        opened=wires.gateway,
        ledger=wires.ledger,
        feed=feed,
        news=wires.news,
        live=processes.live_view(settings),
        quotes=wires.quotes,
        intents=wires.intents,
        fills=wires.fills,
        decisions=SqlDecisionStore(store),
        halts=wires.halts,
        orders=SqlOrderStore(store, account=address),
        relay=told_at_once(settings, store),
        alert=access.alerts(settings),
        every_secs=settings.execution.every_secs,
    )


def _require_allowed(settings: Sections) -> None:
    is_mainnet = settings.exchanges.hyperliquid.network == "mainnet"
    if is_mainnet and not settings.execution.on_mainnet:
        reason = (
            "execution.on_mainnet: real money is traded only where this is set; "
            "run the acceptance cards on testnet before (docs/acceptance)"
        )
        raise ConfigurationError([reason])


def _signer(settings: Sections, address: str) -> Signer:
    signer = signer_of(settings)
    if signer is None:
        raise ConfigurationError([f"{KEY}: trading needs the key of an agent"])
    require_agents(settings, signer, address)
    return signer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wires:
    """What the gateway of one account is made of."""

    settings: Sections
    clock: Clock
    store: Database
    signer: Signer
    address: str
    manager: ExchangeManager
    ledger: LedgerWatch
    quotes: Quotes
    news: AccountNews

    @property
    def intents(self) -> SqlIntentStore:
        signer = self.signer.address
        return SqlIntentStore(self.store, account=self.address, signer=signer)

    @property
    def fills(self) -> SqlFillStore:
        return SqlFillStore(self.store, account=self.address)

    @property
    def halts(self) -> SqlHaltStore:
        return SqlHaltStore(self.store, account=self.address)

    def rights(self) -> TradingRights:
        hyperliquid = self.settings.exchanges.hyperliquid
        reader = HyperliquidIdentity(self._posting("info"))

        def ask(priority: Priority) -> Authority:
            return authority(
                GuardedIdentity(reader, self.manager, priority=priority),
                account=self.address,
                signer=self.signer.address,
                now_ms=self.clock.now_ms(),
                allows_own=hyperliquid.allow_own_key,
            )

        memory = RedisAuthorityMemory(
            access.blocking_redis(self.settings),
            network=hyperliquid.network,
            account=self.address,
            signer=self.signer.address,
            allows_own=hyperliquid.allow_own_key,
        )
        return TradingRights(ask=ask, memory=memory, clock=self.clock)

    def gateway(self, rights: Authority) -> Gateway:
        settings, clock = self.settings, self.clock
        # What an order rests on matters as much as the order.
        exchange = self.manager.get_exchange(priority=Priority.ORDER)
        catalogue = TradingCatalogue(exchange.products, clock)
        watch = self._equity_watch()
        return Gateway(
            GatewayParts(
                clock=clock,
                desk=self._desk(rights, catalogue, exchange.server_ms),
                intents=self.intents,
                fills=self.fills,
                read_account=account_reader(
                    lambda: exchange.readable_account(self.address),
                    accounts=SqlAccountStore(self.store),
                    watch=watch,
                    ledger=self.ledger,
                ),
                book=lambda symbol: _book(self.quotes, symbol),
                decimals=catalogue.decimals,
                approve=account_gate(
                    clock=clock,
                    bounds=limits(settings.risk),
                    quotes=self.quotes,
                    watch=watch,
                    halts=self.halts,
                    delisted=catalogue.delisted,
                    sent=sent_before(
                        SqlTradingView(self.store, account=self.address),
                        clock.now_ms(),
                    ),
                ),
                leverage=lambda symbol: _leverage(settings, catalogue, symbol),
                news=self.news,
                manner=_manner(settings),
                dead_man_ms=settings.execution.dead_man_secs * 1_000,
                is_simulated=settings.exchanges.hyperliquid.network == "simulator",
                follows=lambda symbol: is_followed(
                    symbol, settings.exchanges.hyperliquid.dexes
                ),
            )
        )

    def _equity_watch(self) -> EquityWatch:
        watch = EquityWatch()
        since_ms = self.clock.now_ms() - _PEAK_DAYS * _DAY_MS
        watch.note_all(SqlAccountStore(self.store).equities(self.address, since_ms))
        return watch

    def _desk(
        self,
        rights: Authority,
        catalogue: TradingCatalogue,
        server_ms: Callable[[], int],
    ) -> GuardedOrderDesk:
        info = self._posting("info")
        dexes = self.settings.exchanges.hyperliquid.dexes
        bare = HyperliquidOrderDesk(
            exchange=self._posting("exchange"),
            info=info,
            signer=self.signer,
            account=Account(address=self.address, vault=rights.vault),
            asset_of=catalogue.asset_of,
            server_ms=server_ms,
            dexes=BuilderDexes(info, dexes, self.clock),
        )
        return GuardedOrderDesk(bare, self.manager, dexes=len(dexes))

    def _posting(self, path: str) -> Posting:
        return Posting(
            url=f"{root.rest_url(self.settings).rstrip('/')}/{path}",
            clock=self.clock,
            timeout_secs=self.settings.exchanges.hyperliquid.request_timeout_secs,
            connections=8,
        )


def account_reader(
    ask: Callable[[], AccountRead],
    *,
    accounts: AccountStore,
    watch: EquityWatch,
    ledger: LedgerWatch,
) -> Callable[[], AccountRead]:
    """For the gateway, right after its fills were read. A part of an account is held
    against nothing, and no equity."""

    def read_account() -> AccountRead:
        state = ask()
        if isinstance(state, AccountPart):
            return state
        if is_believable(state, accounts.current(state.address), None):
            watch.note(state.account_ms, state.account_value)
        ledger.note(state)
        return state

    return read_account


def _leverage(
    settings: Sections, catalogue: TradingCatalogue, symbol: str
) -> Leverage | None:
    wanted = settings.execution.leverage
    most = catalogue.most_leverage(symbol)
    if wanted is None or most is None:
        return None
    is_cross = settings.execution.margin == "cross"
    is_cross = is_cross and not catalogue.is_isolated(symbol)
    return Leverage(value=min(wanted, most), is_cross=is_cross)


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
