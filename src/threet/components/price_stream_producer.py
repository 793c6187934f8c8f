"""Process: the exchange's live stream into ours (R17).

Prices of every listed symbol, every trade, the forming minute bar, and whole books of
the symbols that the configuration names. What is listed is read again while it runs.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import structlog

from threet import bootstrap
from threet.bootstrap import ProducerParts
from threet.components.exchange_health import keep_checking
from threet.components.lifecycle import live
from threet.components.stream_repairs import StreamRepairs
from threet.market_data.listings import Listings
from threet.model.candles import Timeframe
from threet.model.errors import DependencyError, ExchangeError
from threet.model.events import Event
from threet.ports.market_feed import Interests
from threet.resilience.backoff import Backoff

_log = structlog.get_logger(__name__)
_LOOK_EVERY_SECS = 1.0


class PriceStreamProducer:
    def __init__(self, parts: ProducerParts) -> None:
        self._parts = parts
        self._clock = parts.process.clock
        self._listings = Listings(parts.dexes)
        self._repairs = StreamRepairs(parts)

    async def run(self) -> None:
        await self._read_catalogue()
        interests = self._interests()
        _log.info("streaming", symbols=len(interests.symbols))
        async with asyncio.TaskGroup() as group:
            beside = [
                group.create_task(self._parts.sink.run()),
                group.create_task(self._repairs.run()),
                group.create_task(self._keep_catalogue()),
                group.create_task(keep_checking(self._clock, self._parts.exchange)),
            ]
            await self._parts.feed.run(interests, self._deliver, self._repairs.note)
            for task in beside:
                task.cancel()

    def figures(self) -> Mapping[str, int | float | str]:
        feed, sink = self._parts.feed.statistics(), self._parts.sink.statistics()
        repairs = {
            "symbols": len(self._listings.symbols),
            "minutes_noted": self._repairs.minutes_noted,
            "gaps_dropped": self._repairs.gaps_dropped,
        }
        access = self._parts.access_figures()
        return {**asdict(feed), **asdict(sink), **repairs, **access}

    def _deliver(self, events: Sequence[Event]) -> None:
        self._listings.sighted(events)
        self._parts.sink.offer(events)

    async def _keep_catalogue(self) -> None:
        while True:
            await self._clock.sleep(_LOOK_EVERY_SECS)
            if self._listings.is_due(self._clock.monotonic()):
                await self._read_catalogue()

    async def _read_catalogue(self) -> None:
        """Ask until it is told; then follow what is listed now."""
        backoff = Backoff()
        while True:
            try:
                products = await asyncio.to_thread(self._parts.exchange.products)
            except (ExchangeError, DependencyError) as error:
                _log.warning("catalogue_waits", reason=str(error))
                await self._clock.sleep(backoff.failed())
            else:
                break
        change = self._listings.read(products, self._clock.monotonic())
        if change:
            listed, delisted = len(change.listed), change.delisted
            _log.info("catalogue_changed", listed=listed, delisted=delisted)
            self._parts.feed.follow(self._interests())

    def _interests(self) -> Interests:
        symbols = self._listings.symbols
        return Interests(
            symbols=symbols,
            candles=(Timeframe.M1,),
            books=[symbol for symbol in self._parts.books if symbol in symbols],
            delisted=frozenset(self._listings.delisted),
        )


@bootstrap.telling_refusals()
def main() -> None:
    async def process() -> None:
        parts = bootstrap.producer()
        producer = PriceStreamProducer(parts)
        await live(parts.process, producer.run(), figures=producer.figures)

    asyncio.run(process())


if __name__ == "__main__":
    main()
