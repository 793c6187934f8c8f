"""Process: the strategy runs. It decides what is wanted, and sends nothing.

Bars come from the store, where they are whole and authoritative; a run looks for the
next one by the clock, and after a restart begins with the newest it has not decided.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from threet import bootstrap
from threet.bootstrap import trading
from threet.bootstrap.trading import TraderParts
from threet.components.lifecycle import live
from threet.engine.run import StrategyRun, decision_id_of
from threet.model.candles import Candle, Timeframe
from threet.model.decisions import Decision
from threet.model.errors import DependencyError
from threet.model.prices import PriceKind

_log = structlog.get_logger(__name__)
_LOOK_EVERY_SECS = 1.0
_NANOSECONDS_A_MS = 1_000_000
_Pair = tuple[str, Timeframe]


@dataclass(slots=True)
class Trader:
    parts: TraderParts
    _seen_ms: dict[tuple[str, str, Timeframe], int] = field(default_factory=dict)
    _decided: int = 0
    _targets: int = 0
    _waits: str = ""

    async def run(self) -> None:
        while True:
            try:
                await self.look()
            except DependencyError as error:
                self._waits = str(error)
                _log.warning("trader_waits", reason=str(error))
            await self.parts.process.clock.sleep(_LOOK_EVERY_SECS)

    def figures(self) -> Mapping[str, int | float | str]:
        return {
            "runs": len(self.parts.runs),
            "decisions": self._decided,
            "targets": self._targets,
            "waits": self._waits,
        }

    async def look(self) -> None:
        """Decide what is there to be decided. Raises ``DependencyError``."""
        self._waits = ""
        prices = await self.parts.live.newest_prices()
        for price in prices:
            if price.kind is PriceKind.MID:
                at_ms = price.received_ns // _NANOSECONDS_A_MS
                for run in self.parts.runs:
                    run.view.note_price(price.symbol, price.price, at_ms)
        await asyncio.to_thread(self._decide)

    def _decide(self) -> None:
        equity = self.parts.equity()
        ledger = self.parts.ledger.ledger()
        for run in self.parts.runs:
            if unknown := run.unsized():
                self._waits = f"{run.name}: the sizes of {unknown} are not known"
                continue
            run.view.equity = equity
            run.view.positions = dict(ledger.positions_of(run.name))
            for symbol in run.view.needs.symbols:
                for timeframe in run.view.needs.timeframes:
                    self._follow(run, symbol, timeframe)

    def _follow(self, run: StrategyRun, symbol: str, timeframe: Timeframe) -> None:
        key = (run.name, symbol, timeframe)
        newest_ms = self.parts.candles.newest_closed_ms(symbol, timeframe)
        if newest_ms is None or newest_ms <= self._seen_ms.get(key, -1):
            return
        # One more for the bar that forms, which is left out.
        limit = run.view.needs.bars + 1
        bars = self.parts.candles.newest(symbol, timeframe, limit)
        closed = [bar for bar in bars if bar.is_closed]
        self._seen_ms[key] = newest_ms
        self._take(run, closed)

    def _take(self, run: StrategyRun, closed: Sequence[Candle]) -> None:
        """Older bars are warm-up; the newest is decided unless it was before."""
        if not closed:
            return
        newest = closed[-1]
        run.warm(closed[:-1])
        if self.parts.decisions.knows(decision_id_of(run.name, newest)):
            run.warm([newest])
            return
        decision = run.on_candle(newest, self.parts.process.clock.now_ms())
        if decision is not None:
            self._record(run, decision)

    def _record(self, run: StrategyRun, decision: Decision) -> None:
        if not self.parts.decisions.record(decision, run.view.memory):
            return
        self._decided += 1
        self._targets += len(decision.granted)
        _log.info(
            "decided",
            run=run.name,
            event_of=decision.event,
            because=decision.because,
            granted={one.symbol: str(one.quantity) for one in decision.granted},
        )


@bootstrap.telling_refusals()
def main() -> None:
    async def process() -> None:
        parts = trading.trader()
        trader = Trader(parts)
        await live(parts.process, trader.run(), figures=trader.figures)

    asyncio.run(process())


if __name__ == "__main__":
    main()
