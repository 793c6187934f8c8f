"""One seed, one run: the whole platform core against one exchange, and what is left."""

import asyncio
import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random

from hlsim.faults.interventions import InterventionError
from hlsim.server.outside import Outside
from hlsim.server.settings import Deposit, Settings
from hlsim.virtual import VirtualExchange
from tests.sim.composition import (
    MASTER,
    SIGNER,
    Plants,
    Platform,
    closed_bars,
    shipped,
)
from tests.sim.crashes import SimDatabase, Steps
from tests.sim.faults import Episode, Kind, Weather, plan
from tests.sim.feed import SimLive
from tests.sim.kernel import Kernel, SimClock
from tests.sim.stream import Hub
from tests.sim.transport import Lagging, Sent, Way
from tests.sim.whims import Whims
from threet.adapters.memory.candle_store import MemoryCandleStore
from threet.adapters.memory.product_store import MemoryProductStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.engine.run import StrategyRun
from threet.execution.gateway import Leverage
from threet.execution.reconciling import Style
from threet.model.errors import DependencyError
from threet.model.products import Product
from threet.ports.halt_store import KILL_SWITCH, LIQUIDATION
from threet.strategies.strategy import Strategy

FUNDS = Decimal(20_000)
CALM_MS = 120_000
_MINUTE_MS = 60_000
_STYLES = (Style.MARKET, Style.MARKET, Style.PASSIVE, Style.TWAP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What the checker may look at: a database, the exchange, and what was recorded
    between them, by true time."""

    seed: int
    start_ms: int
    faults_end_ms: int
    file: Path
    exchange: VirtualExchange
    sent: Sequence[Sent]
    live: SimLive
    episodes: Sequence[Episode]
    halted: Sequence[tuple[int, int]]
    open_after_calm: Sequence[str]
    deaths: Sequence[str]
    crashes: Sequence[tuple[int, str, str]]
    decided_ms: Mapping[str, int]
    said: Mapping[str, str]
    counts: Mapping[Kind, int]
    crash_points: Mapping[str, int]
    asked: int

    @property
    def simulated_ms(self) -> int:
        return self.exchange.now_ms - self.start_ms


def run(seed: int, template: Path, file: Path, plants: Plants | None = None) -> Ended:
    """``template`` is an empty migrated database, ``file`` becomes this run's."""
    shutil.copyfile(template, file)
    with _threads_inline():
        world = _World(seed, file, plants or Plants())
        try:
            return world.run()
        finally:
            world.close()


def digest(ended: Ended, kept: str) -> str:
    """The same for the same run: what was sent, what came of it, what is ``kept``."""
    found = hashlib.sha256(kept.encode())
    for one in ended.sent:
        found.update(b"%d" % one.at_ms + one.body)
        for at_ms, answer in one.answers:
            found.update(b"%d" % at_ms + answer)
    history = ended.exchange.exchange.journal.history(MASTER)
    found.update(repr(list(history.fills)).encode())
    return found.hexdigest()


@contextmanager
def _threads_inline() -> Iterator[None]:
    """Work that a process gives to a thread is done at once instead."""

    async def at_once(work: Callable[..., object], *arguments: object) -> object:
        return work(*arguments)

    real = asyncio.to_thread
    asyncio.to_thread = at_once  # type: ignore[assignment]
    try:
        yield
    finally:
        asyncio.to_thread = real


class _World:
    def __init__(self, seed: int, file: Path, plants: Plants) -> None:
        self.seed, self.file = seed, file
        random = self.random = self._stream("world")
        # Half of the runs begin shortly before an hour, and so see funding paid.
        self.start_ms = 1_760_000_000_000 + random.randrange(0, 3_600_000)
        if random.random() < 0.5:
            self.start_ms += 3_300_000 - self.start_ms % 3_600_000
        self.end_ms = self.start_ms + random.randint(3, 9) * _MINUTE_MS
        self.exchange = VirtualExchange(
            Settings(
                seed=seed,
                symbols=4,
                block_ms=1_000,
                history_days=1,
                accounts=(Deposit(address=MASTER, funds=FUNDS),),
                agents=((MASTER, SIGNER.address),),
            ),
            start_ms=self.start_ms,
        )
        self.symbols = [
            one.name for one in self.exchange.exchange.universe.instruments
        ][:3]
        self._build_machine()
        self._build_platform(plants)

    def _stream(self, name: str) -> Random:
        return Random(f"{self.seed}/{name}")  # noqa: S311  # a replay must repeat

    def _build_machine(self) -> None:
        episodes = plan(
            self._stream("plan"),
            start_ms=self.start_ms + 5_000,
            end_ms=self.end_ms,
            symbols=self.symbols,
        )
        self.weather = Weather(episodes, self._stream("weather"), {})
        restarts = self._stream("restarts")
        self.kernel = Kernel(
            self.exchange,
            lambda: restarts.randint(200, 15_000),
            self.end_ms + CALM_MS,
        )
        self.clock = SimClock(self.kernel)
        self.steps = Steps(self.kernel, self.weather, {})
        self.way = Way(
            self.kernel,
            self.weather,
            self._stream("way"),
            self.steps.passing,
            self.end_ms + CALM_MS // 2,
            Lagging(self.exchange, MASTER),
        )
        self.hub = Hub(self.exchange, self.kernel, self.weather, self._stream("stream"))
        self.hub.follow(MASTER)
        self.live = SimLive(self.exchange, self.clock, self.weather, self.symbols)
        self.halted: list[tuple[int, int]] = []
        self.halted_since_ms = 0
        self.open_after_calm: list[str] = []

    def _build_platform(self, plants: Plants) -> None:
        engine = make_engine(f"sqlite:///{self.file}")
        self.plain = Database(engine)
        self.candles = MemoryCandleStore(
            MemoryProductStore([_product(symbol) for symbol in self.symbols])
        )
        self.platform = Platform(
            database=SimDatabase(engine, self.steps),
            way=self.way,
            live=self.live,
            candles=self.candles,
            plants=plants,
            hub=self.hub,
            style=self.random.choice(_STYLES),
            leverage=self.random.choice((None, Leverage(value=5))),
            dead_man_ms=self.random.choice((0, 20_000)),
            equity=self._equity,
        )

    def run(self) -> Ended:
        self._prepare_episodes()
        self._collect_bars()
        self._resume_liquidated()
        runs = [
            ("candles", Whims(symbols=tuple(self.symbols), seed=f"{self.seed}/c")),
            ("shipped", shipped(self._stream("shipped"), self.symbols)),
        ]
        kernel = self.kernel
        kernel.spawn("gateway", lambda: self.platform.gateway().run())
        kernel.spawn("trader", lambda: self.platform.trader(runs).run())
        kernel.spawn("whims", self._whims)
        kernel.at(self.end_ms + CALM_MS // 4, self._note_open)
        kernel.run()
        return self._ended()

    def close(self) -> None:
        self.plain.close()

    def _ended(self) -> Ended:
        gateway = self.platform.newest_gateway
        return Ended(
            seed=self.seed,
            start_ms=self.start_ms,
            faults_end_ms=self.end_ms,
            file=self.file,
            exchange=self.exchange,
            sent=self.way.sent,
            live=self.live,
            episodes=self.weather.episodes,
            halted=self.halted,
            open_after_calm=self.open_after_calm,
            deaths=self.kernel.deaths,
            crashes=self.kernel.crashes,
            decided_ms=self.platform.decided_ms,
            said={} if gateway is None else dict(gateway._journal.said),
            counts=self.weather.counts,
            crash_points=self.steps.points,
            asked=self.way.asked,
        )

    def _prepare_episodes(self) -> None:
        for one in self.weather.episodes:
            begin, end = _ACTS.get(one.kind, (_nothing, _nothing))
            self.kernel.at(one.from_ms, partial(begin, self, one))
            self.kernel.at(one.until_ms, partial(end, self, one))

    def _collect_bars(self) -> None:
        """Each minute, a little after its end; on a timeline, so that sleepers wake."""
        now_ms = self.kernel.now_ms
        if now_ms > self.end_ms:
            self.platform.next_bars_ms = self.end_ms + 2 * CALM_MS
            return  # and so nothing new is decided
        back_ms = 40 * _MINUTE_MS if not self.candles_seen() else 3 * _MINUTE_MS
        for symbol in self.symbols:
            bars = closed_bars(self.exchange, symbol, now_ms - back_ms, now_ms)
            self.candles.save(bars)
        next_ms = now_ms - now_ms % _MINUTE_MS + _MINUTE_MS + 3_000
        self.kernel.at(next_ms, self._collect_bars)
        # A little later than the bars, as the next look of a trader would be.
        self.platform.next_bars_ms = next_ms + self.random.randint(1, 1_000)

    def _resume_liquidated(self) -> None:
        """As an operator who has seen it."""
        SqlHaltStore(self.plain, account=MASTER).resume(LIQUIDATION)
        self.kernel.at(self.kernel.now_ms + 20_000, self._resume_liquidated)

    def candles_seen(self) -> bool:
        return self.kernel.now_ms > self.start_ms

    def _equity(self) -> Decimal:
        state = self.exchange.info({"type": "clearinghouseState", "user": MASTER})
        return Decimal(state["marginSummary"]["accountValue"])

    async def _whims(self) -> None:
        """Wishes at any time, by prices; until the faults end."""
        random = self._stream(f"whims {self.kernel.now_ms}")
        decisions = self.platform.decisions()
        strategy = Whims(symbols=tuple(self.symbols), seed=f"{self.seed}/p")
        run = await self._begun(strategy, decisions)
        while self.kernel.now_ms < self.end_ms:
            try:
                told = await self.live.newest_prices()
                for one in told:
                    at_ms = one.received_ns // 1_000_000
                    run.view.note_price(one.symbol, one.price, at_ms)
                self._decide(run, decisions, random.choice(self.symbols))
            except DependencyError:
                pass
            await asyncio.sleep(random.randint(1_000, 40_000) / 1000)

    async def _begun(
        self, strategy: Strategy, decisions: SqlDecisionStore
    ) -> StrategyRun:
        while True:
            try:
                return self.platform.run("prices", strategy, decisions, self.clock)
            except DependencyError:
                await asyncio.sleep(1)

    def _decide(
        self, run: StrategyRun, decisions: SqlDecisionStore, symbol: str
    ) -> None:
        if not run.view.candles(symbol, run.view.needs.timeframes[0]):
            for one in self.symbols:
                run.warm(self.candles.newest(one, run.view.needs.timeframes[0], 1))
        now_ms = self.clock.now_ms()
        run.view.equity = self._equity()
        known = run.view.price(symbol)
        if known is None:
            return
        decision = run.on_price(symbol, known, now_ms, now_ms)
        if decision is not None:
            decisions.record(decision, run.view.memory)

    def _note_open(self) -> None:
        query = "SELECT intent_id FROM order_intents WHERE state = 'open'"
        found = self.plain.read(lambda one: one.exec_driver_sql(query).scalars().all())
        self.open_after_calm.extend(str(one) for one in found)


def _product(symbol: str) -> Product:
    pair = f"{symbol}/USDC:USDC"
    return Product(exchange="hyperliquid", symbol=symbol, pair=pair, max_leverage=10)


_Act = Callable[[_World, Episode], None]


def _nothing(_world: _World, _episode: Episode) -> None: ...


def _jump(world: _World, episode: Episode) -> None:
    world.weather.note(episode.kind)
    world.kernel.offset_ms = episode.amount


def _jump_back(world: _World, _episode: Episode) -> None:
    world.kernel.offset_ms = 0


def _hush(world: _World, episode: Episode) -> None:
    world.live.hush(episode.symbol)


def _liquidate(world: _World, episode: Episode) -> None:
    with suppress(InterventionError):  # there is no position
        Outside(world.exchange.exchange).liquidate(MASTER)
        world.weather.note(episode.kind)


def _lag(world: _World, episode: Episode) -> None:
    world.way.lagging.refresh()
    now_ms = world.kernel.now_ms
    if now_ms < episode.until_ms:
        world.kernel.at(now_ms + episode.amount, partial(_lag, world, episode))


def _cut(world: _World, episode: Episode) -> None:
    world.weather.note(episode.kind)
    world.hub.cut()


def _cut_at_last(world: _World, _episode: Episode) -> None:
    world.hub.cut()


def _drop(world: _World, episode: Episode) -> None:
    outside = Outside(world.exchange.exchange)
    outside.drop_orders(MASTER, None, only_triggers=False, told=False)
    world.weather.note(episode.kind)


def _post_only(world: _World, episode: Episode) -> None:
    Outside(world.exchange.exchange).set_post_only(episode.until_ms)
    world.weather.note(episode.kind)


def _kill(world: _World, episode: Episode) -> None:
    now_ms = world.kernel.now_ms
    halts = SqlHaltStore(world.plain, account=MASTER)
    if halts.halt(KILL_SWITCH, "the simulation", now_ms):
        world.weather.note(episode.kind)
        world.halted_since_ms = now_ms


def _resume(world: _World, _episode: Episode) -> None:
    if SqlHaltStore(world.plain, account=MASTER).resume(KILL_SWITCH):
        world.halted.append((world.halted_since_ms, world.kernel.now_ms))


_ACTS: Mapping[Kind, tuple[_Act, _Act]] = {
    Kind.CLOCK_JUMP: (_jump, _jump_back),
    Kind.SILENT: (_hush, _nothing),
    Kind.LIQUIDATION: (_liquidate, _nothing),
    Kind.DROPPED_ORDERS: (_drop, _nothing),
    Kind.POST_ONLY: (_post_only, _nothing),
    Kind.KILL_SWITCH: (_kill, _resume),
    Kind.LAGGING: (_lag, _nothing),
    Kind.STREAM_CLOSED: (_cut, _nothing),
    Kind.STREAM_DEAF: (_nothing, _cut_at_last),
}
