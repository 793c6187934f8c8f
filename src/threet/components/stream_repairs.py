"""What an outage of the streams left behind: trades asked for, minutes noted."""

import asyncio
from collections.abc import Sequence

import structlog

from threet.bootstrap import ProducerParts
from threet.market_data.stream_gaps import affected_minutes
from threet.model.errors import DependencyError, ExchangeError, RateLimitedError
from threet.ports.market_feed import StreamGap
from threet.resilience.backoff import Backoff

_log = structlog.get_logger(__name__)
_LOOK_EVERY_SECS = 1.0
_MOST_GAPS = 1000


class StreamRepairs:
    def __init__(self, parts: ProducerParts) -> None:
        self._parts = parts
        self._clock = parts.process.clock
        self._gaps: list[StreamGap] = []
        self.minutes_noted = 0
        self.gaps_dropped = 0

    def note(self, gap: StreamGap) -> None:
        """Called by the feed; never blocks. Beyond a bound the oldest are dropped."""
        self._gaps.append(gap)
        if len(self._gaps) > _MOST_GAPS:
            del self._gaps[0]
            self.gaps_dropped += 1

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._close_trade_gaps())
            group.create_task(self._note_candles())

    async def _close_trade_gaps(self) -> None:
        """Ask for the recent trades of one symbol after the other."""
        backoff = Backoff()
        while True:
            symbols = self._parts.feed.trade_gaps()
            if not symbols:
                await self._clock.sleep(_LOOK_EVERY_SECS)
                continue
            try:
                await self._ask(symbols[0])
                backoff.succeeded()
            except RateLimitedError as error:
                await self._clock.sleep(error.retry_after_secs)
            except (ExchangeError, DependencyError) as error:
                _log.warning("trades_wait", symbol=symbols[0], reason=str(error))
                await self._clock.sleep(backoff.failed())

    async def _ask(self, symbol: str) -> None:
        ask = self._parts.trades.recent_trades
        trades = await asyncio.to_thread(ask, symbol)
        self._parts.feed.recovered(symbol, trades)
        _log.info("trades_recovered", symbol=symbol, asked=len(trades))

    async def _note_candles(self) -> None:
        backoff = Backoff()
        while True:
            await self._clock.sleep(_LOOK_EVERY_SECS)
            gaps, self._gaps = self._gaps, []
            if not gaps:
                continue
            try:
                await asyncio.to_thread(self._write, gaps)
                backoff.succeeded()
            except DependencyError as error:
                self._gaps = [*gaps, *self._gaps]
                _log.warning("gaps_wait", count=len(gaps), reason=str(error))
                await self._clock.sleep(backoff.failed())

    def _write(self, gaps: Sequence[StreamGap]) -> None:
        kept = {product.symbol for product in self._parts.products.products()}
        minutes = affected_minutes(gaps, kept)
        self._parts.gaps.note(minutes)
        self.minutes_noted += len(minutes)
