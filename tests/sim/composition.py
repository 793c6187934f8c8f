"""Wires the platform's own parts for a run; the one module that knows how they fit.

``Plants`` are the parts that a planted bug puts in the place of the real ones.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

import msgspec

from tests.sim.crashes import SimDatabase
from tests.sim.feed import SimLive
from tests.sim.kernel import SimClock
from tests.sim.stream import Hub, SimAccountFeed
from tests.sim.transport import Way, WayPosting
from threet.accounts.authority import Authority, authority
from threet.accounts.equity_watch import EquityWatch
from threet.accounts.ledger_reader import LedgerReader
from threet.accounts.ledger_watch import LedgerWatch, LedgerWatchParts
from threet.accounts.trading_rights import TradingRights
from threet.adapters.hyperliquid.identity import HyperliquidIdentity
from threet.adapters.hyperliquid.money_history import HyperliquidMoneyHistory
from threet.adapters.hyperliquid.rest import HyperliquidReader
from threet.adapters.hyperliquid.signing import Signer
from threet.adapters.hyperliquid.trading import Account, HyperliquidOrderDesk
from threet.adapters.memory.authority_memory import MemoryAuthorityMemory
from threet.adapters.memory.candle_store import MemoryCandleStore
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.sql.ledger_store import SqlLedgerStore
from threet.adapters.sql.order_store import SqlOrderStore
from threet.adapters.sql.trading_store import SqlFillStore, SqlIntentStore
from threet.adapters.sql.trading_view import SqlTradingView
from threet.bootstrap import ProcessParts
from threet.bootstrap.order_gateway import OrderGatewayParts
from threet.bootstrap.risk import account_gate, sent_before
from threet.bootstrap.trader import TraderParts
from threet.components.order_gateway import OrderGateway
from threet.components.trader import Trader
from threet.engine.run import StrategyRun
from threet.engine.view import RunView
from threet.execution.account_news import AccountNews
from threet.execution.gateway import Gateway, GatewayParts, Leverage
from threet.execution.reconciling import Book, Manner, Style
from threet.execution.wishes import Done, Wanted
from threet.market_data.quotes import Quotes
from threet.market_data.trading_catalogue import TradingCatalogue
from threet.model.accounts import AccountState
from threet.model.candles import Candle, Timeframe
from threet.model.decisions import Decision
from threet.model.events import AlertRaised
from threet.model.orders import Fill
from threet.ports.decision_store import Memory
from threet.ports.fill_store import FillStore
from threet.ports.intent_store import IntentStore
from threet.ports.order_desk import OrderDesk
from threet.ports.rate_budget import BudgetState, Priority
from threet.resilience.access_policy import AccessPolicy, Surroundings
from threet.resilience.exchange_manager import ExchangeManager
from threet.resilience.guarded_desk import GuardedOrderDesk
from threet.resilience.guarded_identity import GuardedIdentity
from threet.resilience.guarded_money_history import GuardedMoneyHistory
from threet.resilience.weight_window import WeightWindow
from threet.risk.limits import Limits
from threet.strategies.catalogue import made
from threet.strategies.strategy import Strategy

# Keys of nobody, for this simulation only.
SIGNER = Signer("0x" + "5e" * 32, "b")
MASTER = "0x" + "4a" * 20
PATIENCE_SECS = 5.0
LIVES_MS = 15_000
_MOST_QUIET_MS = 20_000
_SLICE_MS = 8_000
MOST_PRICE_AGE_MS = 10_000
LIMITS = Limits(
    most_order_notional=Decimal(5_000),
    most_day_notional=Decimal(1_000_000),
    most_position_notional=Decimal(8_000),
    most_price_age_ms=MOST_PRICE_AGE_MS,
    most_daily_loss=Decimal("0.5"),
    most_drawdown=Decimal("0.5"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plants:
    """Each takes the real part, and gives what is used instead of it."""

    desk: Callable[[OrderDesk, IntentStore, SimClock], OrderDesk] = (
        lambda desk, _intents, _clock: desk
    )
    intents: type[SqlIntentStore] = SqlIntentStore
    fills: Callable[[SqlFillStore], FillStore] = lambda fills: fills
    run: type[StrategyRun] = StrategyRun


@dataclass(slots=True)
class SimBudget:
    """``RateBudget`` of one process, on the real window."""

    clock: SimClock
    window: WeightWindow = field(default_factory=lambda: WeightWindow(limit=1_200))

    def take(
        self, weight: int, *, keep: int = 0, priority: Priority = Priority.DATA
    ) -> float:
        return self.window.take(self._now(), weight, keep, priority)

    def charge(self, weight: int, *, priority: Priority = Priority.DATA) -> None:
        self.window.charge(self._now(), weight, priority)

    def pause(self, secs: float) -> None:
        self.window.pause(self._now(), secs)

    def state(self) -> BudgetState:
        return self.window.state(self._now())

    def _now(self) -> int:
        return int(self.clock.monotonic())


class _Reader(HyperliquidReader):
    def __init__(self, posting: WayPosting, clock: SimClock) -> None:
        super().__init__(url="http://simulated", clock=clock, timeout_secs=1)
        self._posting = posting


class _WatchedGateway(Gateway):
    """``quiet_ms``: for how long the last cycle left nothing to do unless something
    happens."""

    quiet_ms = 0

    def observe(self) -> Sequence[Fill]:
        self.quiet_ms = 0
        return super().observe()

    def act(self, wanted: Mapping[str, Wanted]) -> Sequence[Done]:
        done = super().act(wanted)
        if not (self._settling.open_symbols or self._picture.is_due):
            self.quiet_ms = min(map(_quiet_ms, done), default=_MOST_QUIET_MS)
        return done


def _quiet_ms(done: Done) -> int:
    rests = ("it is as wanted", "refused", "nobody wants it")
    if done.what.startswith(rests) or done.what.endswith("too little for an order"):
        return _MOST_QUIET_MS
    return _SLICE_MS // 2 if done.what == "the next slice is not due" else 0


class _PatientParts:
    """``OrderGatewayParts`` of which ``every_secs`` is longer while all is quiet."""

    def __init__(
        self, real: OrderGatewayParts, every_secs: Callable[[], float]
    ) -> None:
        self._real, self._every_secs = real, every_secs

    @property
    def every_secs(self) -> float:
        return self._every_secs()

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


class _NoFunding:
    """Nobody here asks for rates."""

    def rates(self) -> Mapping[str, float]:
        return {}


class Silent:
    async def beat(self, figures: object) -> None: ...

    async def farewell(self) -> None: ...


class _TimedDecisions(SqlDecisionStore):
    """Tells when, by true time, a decision was first on its way to the database."""

    def __init__(
        self,
        database: SimDatabase,
        times: dict[str, int],
        decided: Callable[[], None],
    ) -> None:
        super().__init__(database)
        self._kernel, self._times = database.kernel, times
        self._decided = decided

    def record(self, decision: Decision, memory: Memory) -> bool:
        self._times.setdefault(decision.decision_id, self._kernel.now_ms)
        done = super().record(decision, memory)
        self._decided()
        return done


@dataclass(slots=True, kw_only=True)
class Platform:
    """What lives on over the crashes of processes, and makes those anew."""

    database: SimDatabase
    way: Way
    live: SimLive
    candles: MemoryCandleStore
    plants: Plants
    style: Style
    equity: Callable[[], Decimal | None]
    hub: Hub
    leverage: Leverage | None
    dead_man_ms: int
    alerts: list[AlertRaised] = field(default_factory=list)
    next_bars_ms: int = 0
    decided_ms: dict[str, int] = field(default_factory=dict)
    gateways: int = 0
    newest_gateway: OrderGateway | None = None
    authority: MemoryAuthorityMemory = field(default_factory=MemoryAuthorityMemory)

    def gateway(self) -> OrderGateway:
        """As a process that has just been started."""
        self.gateways += 1
        kernel, clock = self.way.kernel, SimClock(self.way.kernel)
        wires = _Wires(self, clock, SimAccountFeed(self.hub))
        parts = OrderGatewayParts(
            process=ProcessParts(clock=clock, board=Silent()),
            address=MASTER,
            rights=TradingRights(ask=wires.ask, memory=self.authority, clock=clock),
            opened=wires.gateway,
            ledger=wires.ledger,
            feed=wires.feed,
            news=wires.news,
            live=self.live,
            quotes=wires.quotes,
            intents=wires.intents,
            fills=wires.fills,
            decisions=SqlDecisionStore(self.database),
            halts=wires.halts,
            orders=SqlOrderStore(self.database, account=MASTER),
            relay=lambda: 0,
            alert=self.alerts.append,
            every_secs=1.0,
        )

        def every_secs() -> float:
            opened = wires.opened
            if opened is None or not opened.quiet_ms:
                return 1.0
            quiet_ms = kernel.next_event_ms(opened.quiet_ms) - kernel.now_ms
            return max(1.0, quiet_ms / 1000)

        patient: Any = _PatientParts(parts, every_secs)
        self.newest_gateway = OrderGateway(patient)
        return self.newest_gateway

    def decisions(self) -> SqlDecisionStore:
        return _TimedDecisions(self.database, self.decided_ms, self.live.decided)

    def trader(self, runs: Sequence[tuple[str, Strategy]]) -> Trader:
        clock = SimClock(self.way.kernel, lambda: self.next_bars_ms)
        decisions = self.decisions()
        parts = TraderParts(
            process=ProcessParts(clock=clock, board=Silent()),
            live=self.live,
            candles=self.candles,
            decisions=decisions,
            ledger=LedgerReader(SqlLedgerStore(self.database, account=MASTER)),
            halts=SqlHaltStore(self.database, account=MASTER),
            equity=self.equity,
            funding=_NoFunding(),
            relay=lambda: 0,
            runs=[self.run(name, one, decisions, clock) for name, one in runs],
        )
        return Trader(parts)

    def run(
        self,
        name: str,
        strategy: Strategy,
        decisions: SqlDecisionStore,
        clock: SimClock,
    ) -> StrategyRun:
        parameters = msgspec.json.encode(strategy).decode()
        memory = decisions.begin(name, name, parameters, clock.now_ms())
        view = RunView(
            needs=strategy.needs(),
            most_price_age_ms=MOST_PRICE_AGE_MS,
            memory=dict(memory or {}),
        )
        return self.plants.run(
            name=name, strategy=strategy, view=view, decimals=self._decimals
        )

    def _decimals(self, symbol: str) -> int | None:
        core = self.live.exchange.exchange
        return core.universe[core.asset(symbol)].sz_decimals


class _Wires:
    """What one gateway process is made of."""

    def __init__(
        self, platform: Platform, clock: SimClock, feed: SimAccountFeed
    ) -> None:
        self._platform, self._clock, self.feed = platform, clock, feed
        database = platform.database
        self.halts = SqlHaltStore(database, account=MASTER)
        self.quotes = Quotes(clock, MOST_PRICE_AGE_MS)
        self.news = AccountNews(lambda: feed.is_live)
        self.intents = platform.plants.intents(
            database, account=MASTER, signer=SIGNER.address
        )
        self.fills = platform.plants.fills(SqlFillStore(database, account=MASTER))
        reader = _Reader(self._posting("/info"), clock)
        self._manager = self._made_manager(reader)
        self.ledger = LedgerWatch(
            LedgerWatchParts(
                clock=clock,
                store=SqlLedgerStore(database, account=MASTER),
                money=GuardedMoneyHistory(
                    HyperliquidMoneyHistory(self._posting("/info"), address=MASTER),
                    self._manager,
                ),
                halts=self.halts,
                alert=platform.alerts.append,
            )
        )
        self.opened: _WatchedGateway | None = None

    def ask(self, priority: Priority) -> Authority:
        reader = HyperliquidIdentity(self._posting("/info"))
        return authority(
            GuardedIdentity(reader, self._manager, priority=priority),
            account=MASTER,
            signer=SIGNER.address,
            now_ms=self._clock.now_ms(),
        )

    def gateway(self, rights: Authority) -> Gateway:
        clock, platform = self._clock, self._platform
        exchange = self._manager.get_exchange(priority=Priority.ORDER)
        catalogue = TradingCatalogue(exchange.products, clock)
        watch = EquityWatch()

        def read_account() -> AccountState:
            state = exchange.account(MASTER)
            watch.note(state.account_ms, state.account_value)
            self.ledger.note(state)
            return state

        desk = HyperliquidOrderDesk(
            exchange=self._posting("/exchange"),
            info=self._posting("/info"),
            signer=SIGNER,
            account=Account(address=MASTER, vault=rights.vault),
            asset_of=catalogue.asset_of,
            server_ms=exchange.server_ms,
        )
        planted = platform.plants.desk(desk, self.intents, clock)
        self.opened = _WatchedGateway(
            GatewayParts(
                clock=clock,
                desk=GuardedOrderDesk(planted, self._manager),
                intents=self.intents,
                fills=self.fills,
                read_account=read_account,
                book=self._book,
                decimals=catalogue.decimals,
                approve=account_gate(
                    clock=clock,
                    bounds=LIMITS,
                    quotes=self.quotes,
                    watch=watch,
                    halts=self.halts,
                    delisted=catalogue.delisted,
                    sent=sent_before(
                        SqlTradingView(platform.database, account=MASTER),
                        clock.now_ms(),
                    ),
                ),
                leverage=lambda _: platform.leverage,
                news=self.news,
                manner=Manner(style=platform.style, slices=3, slice_ms=_SLICE_MS),
                lives_ms=LIVES_MS,
                dead_man_ms=platform.dead_man_ms,
            )
        )
        return self.opened

    def _book(self, symbol: str) -> Book | None:
        best = self.quotes.best(symbol)
        return None if best is None else Book(bid=best[0], ask=best[1])

    def _posting(self, path: str) -> WayPosting:
        return WayPosting(self._platform.way, path, self._clock, PATIENCE_SECS)

    def _made_manager(self, reader: HyperliquidReader) -> ExchangeManager:
        kernel = self._platform.way.kernel
        return ExchangeManager(
            exchange=reader,
            budget=SimBudget(self._clock),
            clock=self._clock,
            surroundings=Surroundings(
                lock=nullcontext(), wait=lambda secs: kernel.pass_time(int(secs * 1000))
            ),
            policy=AccessPolicy(seed=self._platform.gateways),
        )


def shipped(random: Random, symbols: Sequence[str]) -> Strategy:
    """One that ships, quick enough to act within minutes."""
    symbol, frame = random.choice(list(symbols)), Timeframe.M1
    quick: dict[str, dict[str, object]] = {
        "buy_and_hold": {"weight": 0.2},
        "donchian": {"entry_bars": 3, "exit_bars": 2, "weight": 0.2},
        "rsi_reversion": {"period": 2, "low": 40, "high": 60, "weight": 0.2},
        "ema_trend": {"fast": 2, "slow": 4, "volatility_bars": 10, "most_weight": 0.2},
    }
    name = random.choice(sorted(quick))
    return made(name, {**quick[name], "symbol": symbol, "timeframe": frame.value})


def closed_bars(
    exchange: Any, symbol: str, since_ms: int, now_ms: int
) -> Sequence[Candle]:
    """What the exchange's candles say, by true time."""
    asked = {"coin": symbol, "interval": "1m", "startTime": since_ms, "endTime": now_ms}
    rows = exchange.info({"type": "candleSnapshot", "req": asked})
    return [_bar(symbol, row) for row in rows if row["T"] < now_ms]


def _bar(symbol: str, row: dict[str, Any]) -> Candle:
    return Candle(
        symbol=symbol,
        timeframe=Timeframe.M1,
        open_ms=row["t"],
        open=Decimal(row["o"]),
        high=Decimal(row["h"]),
        low=Decimal(row["l"]),
        close=Decimal(row["c"]),
        volume=Decimal(row["v"]),
        trades=row["n"],
        is_closed=True,
    )
