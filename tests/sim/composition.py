"""Wires the platform's own parts for a run; the one module that knows how they fit.

``Plants`` are the parts that a planted bug puts in the place of the real ones.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

import msgspec

from tests.sim.crashes import SimDatabase
from tests.sim.feed import SimLive
from tests.sim.kernel import SimClock
from tests.sim.transport import Way, WayPosting
from tests.sim.whims import Whims
from threet.accounts.equity_watch import EquityWatch
from threet.adapters.hyperliquid.rest import HyperliquidReader
from threet.adapters.hyperliquid.signing import Signer
from threet.adapters.hyperliquid.trading import Account, HyperliquidOrderDesk
from threet.adapters.memory.candle_store import MemoryCandleStore
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.sql.trading_store import SqlFillStore, SqlIntentStore
from threet.bootstrap import ProcessParts
from threet.bootstrap.risk import account_gate
from threet.bootstrap.trading import OrderGatewayParts, TraderParts
from threet.components.order_gateway import OrderGateway
from threet.components.trader import Trader
from threet.engine.run import StrategyRun
from threet.engine.view import RunView
from threet.execution.gateway import Done, Gateway, GatewayParts, Wanted
from threet.execution.reconciling import Book, Manner, Style
from threet.market_data.quotes import Quotes
from threet.market_data.trading_catalogue import TradingCatalogue
from threet.model.accounts import AccountState
from threet.model.candles import Candle, Timeframe
from threet.model.decisions import Decision
from threet.ports.decision_store import Memory
from threet.ports.fill_store import FillStore
from threet.ports.intent_store import IntentStore
from threet.ports.order_desk import OrderDesk
from threet.ports.rate_budget import BudgetState, Priority
from threet.resilience.access_policy import AccessPolicy, Surroundings
from threet.resilience.exchange_manager import ExchangeManager
from threet.resilience.guarded_desk import GuardedOrderDesk
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
        self._clock = clock
        self._posting = posting


class _WatchedGateway(Gateway):
    """``is_quiet``: the last cycle left nothing to do before something happens."""

    is_quiet = False

    def cycle(self, wanted: Any) -> Sequence[Done]:
        self.is_quiet = False
        done = super().cycle(wanted)
        self.is_quiet = not self._settling.open_symbols and all(
            _is_rest(one) for one in done
        )
        return done


def _is_rest(done: Done) -> bool:
    rests = ("it is as wanted", "refused:")
    return done.what.startswith(rests) or done.what.endswith("too little for an order")


class Silent:
    async def beat(self, figures: object) -> None: ...

    async def farewell(self) -> None: ...


class _TimedDecisions(SqlDecisionStore):
    """Tells when, by true time, a decision was first on its way to the database."""

    def __init__(self, database: SimDatabase, times: dict[str, int]) -> None:
        super().__init__(database)
        self._kernel, self._times = database.kernel, times

    def record(self, decision: Decision, memory: Memory) -> bool:
        self._times.setdefault(decision.decision_id, self._kernel.now_ms)
        return super().record(decision, memory)


@dataclass(slots=True, kw_only=True)
class Platform:
    """What lives on over the crashes of processes, and makes those anew."""

    database: SimDatabase
    way: Way
    live: SimLive
    candles: MemoryCandleStore
    plants: Plants
    random: Random
    style: Style
    equity: Callable[[], Decimal | None]
    next_bars_ms: int = 0
    decided_ms: dict[str, int] = field(default_factory=dict)
    gateways: int = 0
    newest_gateway: OrderGateway | None = None

    def gateway(self) -> OrderGateway:
        """As a process that has just been started."""
        self.gateways += 1
        clock = SimClock(self.way.kernel)
        halts = SqlHaltStore(self.database, account=MASTER)
        quotes = Quotes(clock, MOST_PRICE_AGE_MS)
        gateway = self._gateway(clock, halts, quotes)
        clock.quiet_ms = lambda: (
            self.way.kernel.next_event_ms(_MOST_QUIET_MS) if gateway.is_quiet else None
        )
        self.newest_gateway = OrderGateway(
            OrderGatewayParts(
                process=ProcessParts(clock=clock, board=Silent()),
                gateway=gateway,
                live=self.live,
                quotes=quotes,
                decisions=SqlDecisionStore(self.database),
                halts=halts,
                every_secs=1.0,
            )
        )
        return self.newest_gateway

    def _gateway(
        self, clock: SimClock, halts: SqlHaltStore, quotes: Quotes
    ) -> _WatchedGateway:
        reader = _Reader(self._posting("/info", clock), clock)
        manager = self._manager(reader, clock)
        exchange = manager.get_exchange(priority=Priority.ORDER)
        catalogue = TradingCatalogue(exchange.products, clock)
        intents = self.plants.intents(
            self.database, account=MASTER, signer=SIGNER.address
        )
        fills = SqlFillStore(self.database, account=MASTER)
        watch = EquityWatch()

        def read_account() -> AccountState:
            state = exchange.account(MASTER)
            watch.note(state.account_ms, state.account_value)
            return state

        def book(symbol: str) -> Book | None:
            best = quotes.best(symbol)
            return None if best is None else Book(bid=best[0], ask=best[1])

        desk = HyperliquidOrderDesk(
            exchange=self._posting("/exchange", clock),
            info=self._posting("/info", clock),
            signer=SIGNER,
            account=Account(address=MASTER),
            asset_of=catalogue.asset_of,
            server_ms=exchange.server_ms,
        )
        planted = self.plants.desk(desk, intents, clock)
        return _WatchedGateway(
            GatewayParts(
                clock=clock,
                desk=GuardedOrderDesk(planted, manager),
                intents=intents,
                fills=self.plants.fills(fills),
                read_account=read_account,
                book=book,
                decimals=catalogue.decimals,
                approve=account_gate(
                    clock=clock, bounds=LIMITS, quotes=quotes, watch=watch, halts=halts
                ),
                manner=Manner(style=self.style, slices=3, slice_ms=8_000),
                lives_ms=LIVES_MS,
            )
        )

    def decisions(self) -> SqlDecisionStore:
        return _TimedDecisions(self.database, self.decided_ms)

    def trader(self, runs: Sequence[tuple[str, Strategy]]) -> Trader:
        clock = SimClock(self.way.kernel, lambda: self.next_bars_ms)
        decisions = self.decisions()
        parts = TraderParts(
            process=ProcessParts(clock=clock, board=Silent()),
            live=self.live,
            candles=self.candles,
            decisions=decisions,
            fills=SqlFillStore(self.database, account=MASTER),
            equity=self.equity,
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

    def _posting(self, path: str, clock: SimClock) -> WayPosting:
        return WayPosting(self.way, path, clock, PATIENCE_SECS)

    def _manager(self, reader: HyperliquidReader, clock: SimClock) -> ExchangeManager:
        kernel = self.way.kernel
        return ExchangeManager(
            exchange=reader,
            budget=SimBudget(clock),
            clock=clock,
            surroundings=Surroundings(
                lock=nullcontext(), wait=lambda secs: kernel.pass_time(int(secs * 1000))
            ),
            policy=AccessPolicy(seed=self.gateways),
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


__all__ = ["LIMITS", "MASTER", "SIGNER", "Plants", "Platform", "Wanted", "Whims"]
