"""Process: the strategy runs. It decides what is wanted, and sends nothing.

It follows prices, closed minutes and fills as they are told, and each second looks at
the store, where bars are whole and authoritative: what a stream lost is decided then.
After a restart it begins with the newest bar it has not decided. While trading is
halted by hand nothing is decided at all.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import msgspec
import structlog

from threet import bootstrap
from threet.accounts.pnl import by_run
from threet.bootstrap.trader import TraderParts, trader
from threet.components.lifecycle import live
from threet.engine.run import StrategyRun, decision_id_of, event_of
from threet.model.candles import Candle, Timeframe
from threet.model.decisions import Decision
from threet.model.errors import DependencyError, ExchangeError
from threet.model.events import CandlesClosed, Envelope, FillsReceived, PricesUpdated
from threet.model.prices import PriceKind
from threet.ports.halt_store import BY_HAND

_log = structlog.get_logger(__name__)
_LOOK_EVERY_SECS = 1.0
_FUNDING_EVERY_SECS = 60.0
_NANOSECONDS_A_MS = 1_000_000
_FOLLOWED = ("prices:updated", "candles:closed", "fills:received")


@dataclass(frozen=True, slots=True)
class Tick:
    """When a price was received, and the trace of its frame, "" without one."""

    at_ms: int
    traceparent: str


@dataclass(slots=True)
class Trader:
    parts: TraderParts
    _seen_ms: dict[tuple[str, str, Timeframe], int] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _failed: dict[str, str] = field(default_factory=dict)  # by run: its last failure
    _decided: int = 0
    _targets: int = 0
    _waits: str = ""
    _is_ready: bool = False
    _funding_at: float = float("-inf")

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            following = group.create_task(self._follow_streams())
            try:
                while True:
                    await self._look()
                    await self.parts.process.clock.sleep(_LOOK_EVERY_SECS)
            finally:
                following.cancel()

    def figures(self) -> Mapping[str, int | float | str]:
        return {
            "runs": len(self.parts.runs),
            "decisions": self._decided,
            "targets": self._targets,
            "waits": self._waits,
        }

    async def look(self) -> None:
        """Decide what is there to be decided. Raises ``DependencyError``."""
        prices = await self.parts.live.newest_prices()
        async with self._turn:
            for price in prices:
                if price.kind is PriceKind.MID:
                    at_ms = price.received_ns // _NANOSECONDS_A_MS
                    for run in self.parts.runs:
                        run.view.note_price(price.symbol, price.price, at_ms)
            await asyncio.to_thread(self._decide)
            await asyncio.to_thread(self._ask_funding)

    async def hear(self, told: Sequence[Envelope]) -> None:
        """Decide what follows from these events. Raises ``DependencyError``."""
        async with self._turn:
            moved = self._note_prices(told)
            rest = [
                one
                for one in told
                if isinstance(one.event, CandlesClosed | FillsReceived)
            ]
            if (moved or rest) and self._is_ready:
                await asyncio.to_thread(self._react, moved, rest)

    async def _look(self) -> None:
        try:
            await self.look()
        except DependencyError as error:
            self._waits, self._is_ready = str(error), False
            _log.warning("trader_waits", reason=str(error))

    async def _follow_streams(self) -> None:
        """What is lost here is decided at the next look."""
        while True:
            try:
                async with self.parts.live.follow(_FOLLOWED) as batches:
                    async for batch in batches:
                        await self.hear(batch)
            except DependencyError as error:
                _log.warning("trader_unheard", reason=str(error))
            await self.parts.process.clock.sleep(_LOOK_EVERY_SECS)

    def _note_prices(self, told: Sequence[Envelope]) -> Mapping[str, Tick]:
        """The symbols whose mid moved and that a run follows tick by tick."""
        moved = {}
        for one in told:
            if not isinstance(one.event, PricesUpdated):
                continue
            tick = Tick(one.event.received_ns // _NANOSECONDS_A_MS, one.traceparent)
            for change in one.event.changes:
                if change.kind is not PriceKind.MID:
                    continue
                for run in self.parts.runs:
                    run.view.note_price(change.symbol, change.price, tick.at_ms)
                    if run.follows_prices and change.symbol in run.view.needs.symbols:
                        moved[change.symbol] = tick
        return moved

    def _decide(self) -> None:
        self._waits, self._is_ready = "", False
        halted = [one for one in self.parts.halts.halts() if one.cause in BY_HAND]
        if halted:
            self._waits = f"halted: {halted[0].reason}"
            return
        self._account()
        for run in self.parts.runs:
            if unknown := run.unsized():
                self._waits = f"{run.name}: the sizes of {unknown} are not known"
                continue
            for symbol in run.view.needs.symbols:
                for timeframe in run.view.needs.timeframes:
                    self._follow(run, symbol, timeframe)
        self._is_ready = True

    def _account(self) -> None:
        """What each run has, and what the account is worth."""
        equity, ledger = self.parts.equity(), self.parts.ledger.ledger()
        for run in self.parts.runs:
            run.view.equity = equity
            run.view.positions = dict(ledger.positions_of(run.name))
            marks = {one: run.view.price(one) for one in run.view.needs.symbols}
            profits = {row.key: row.net for row in by_run(ledger, marks)}
            run.profit = profits.get(run.name)

    def _react(self, moved: Mapping[str, Tick], told: Sequence[Envelope]) -> None:
        for one in told:
            match one.event:
                case FillsReceived():
                    self._filled(one.event, one.traceparent)
                case CandlesClosed(candles=candles):
                    for candle in candles:
                        self._closed(candle, one.traceparent)
        now_ms = self.parts.process.clock.now_ms()
        for run in self._sized():
            if run.follows_prices:
                for symbol in moved.keys() & set(run.view.needs.symbols):
                    self._moved(run, symbol, moved[symbol], now_ms)

    def _moved(self, run: StrategyRun, symbol: str, tick: Tick, now_ms: int) -> None:
        price = run.view.price(symbol)
        if price is not None:
            event = f"price {symbol} {tick.at_ms}"
            ask = partial(run.on_price, symbol, price, tick.at_ms, now_ms)
            self._ask(run, event, ask, tick.traceparent)

    def _filled(self, event: FillsReceived, traceparent: str) -> None:
        """Of whose position it changed: runs may share an order."""
        before = {one.name: dict(one.view.positions or {}) for one in self.parts.runs}
        self._account()
        now_ms = self.parts.process.clock.now_ms()
        for fill in event.fills:
            for run in self._sized():
                had = before[run.name].get(fill.symbol)
                if run.view.position(fill.symbol) != had:
                    what = f"fill {fill.symbol} {fill.tid}"
                    ask = partial(run.on_fill, fill, now_ms)
                    self._ask(run, what, ask, traceparent)

    def _closed(self, candle: Candle, traceparent: str) -> None:
        for run in self._sized():
            newest_ms = run.view.newest_ms(candle.symbol, candle.timeframe)
            if newest_ms is None:
                continue  # not needed, or not warm: the store comes first
            if candle.open_ms - newest_ms > candle.timeframe.millis:
                self._follow(run, candle.symbol, candle.timeframe)
            self._take(run, [candle], traceparent)

    def _sized(self) -> Sequence[StrategyRun]:
        return [run for run in self.parts.runs if not run.unsized()]

    def _follow(self, run: StrategyRun, symbol: str, timeframe: Timeframe) -> None:
        key = (run.name, symbol, timeframe)
        newest_ms = self.parts.candles.newest_closed_ms(symbol, timeframe)
        if newest_ms is None or newest_ms <= self._seen_ms.get(key, -1):
            return
        # One more for the bar that forms, which is left out.
        limit = run.view.needs.bars + 1
        bars = self.parts.candles.newest(symbol, timeframe, limit)
        closed = [bar for bar in bars if bar.is_closed]
        self._take(run, closed)
        self._seen_ms[key] = newest_ms

    def _take(
        self, run: StrategyRun, closed: Sequence[Candle], traceparent: str = ""
    ) -> None:
        """Older bars are warm-up; the newest is decided unless it was before."""
        if not closed:
            return
        newest = closed[-1]
        run.warm(closed[:-1])
        if self.parts.decisions.knows(decision_id_of(run.name, newest)):
            run.warm([newest])
            return
        now_ms = self.parts.process.clock.now_ms()
        ask = partial(run.on_candle, newest, now_ms)
        self._ask(run, event_of(newest), ask, traceparent)

    def _ask(
        self,
        run: StrategyRun,
        event: str,
        ask: Callable[[], Decision | None],
        traceparent: str,
    ) -> None:
        """What a strategy raises is its own run's: all others go on. Told once for each
        bar, and of prices and fills once until it is another."""
        try:
            decision = ask()
        except DependencyError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever somebody wrote there
            decision = run.failed(event, error)
            known, self._failed[run.name] = self._failed.get(run.name), str(error)
            if known == str(error) and not event.startswith("candle "):
                return
            _log.error("strategy_failed", run=run.name, exc_info=error)
        self._record(run, decision, traceparent)

    def _record(
        self, run: StrategyRun, decision: Decision | None, traceparent: str
    ) -> None:
        """``traceparent`` is of what brought it about, where that is traced."""
        if decision is None:
            return
        decision = msgspec.structs.replace(decision, traceparent=traceparent)
        if not self.parts.decisions.record(decision, run.view.memory):
            return
        if decision.granted:
            with suppress(DependencyError):  # the worker's relay tells it, too
                self.parts.relay()
        self._decided += 1
        self._targets += len(decision.granted)
        _log.info(
            "decided",
            run=run.name,
            event_of=decision.event,
            because=decision.because,
            granted={one.symbol: str(one.quantity) for one in decision.granted},
        )

    def _ask_funding(self) -> None:
        """Once a minute, if anybody wants to know; unknown until it is told."""
        now = self.parts.process.clock.monotonic()
        asking = [run for run in self.parts.runs if run.view.needs.funding]
        if not asking or now - self._funding_at < _FUNDING_EVERY_SECS:
            return
        self._funding_at = now
        try:
            rates = self.parts.funding.rates()
        except ExchangeError as error:
            rates = {}
            self._waits = f"funding: {error}"
        for run in asking:
            run.view.note_funding(rates)


@bootstrap.telling_refusals()
def main() -> None:
    async def process() -> None:
        parts = trader()
        running = Trader(parts)
        await live(parts.process, running.run(), figures=running.figures)

    asyncio.run(process())


if __name__ == "__main__":
    main()
