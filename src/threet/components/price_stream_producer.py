"""Process: the exchange's live stream into ours (R17).

Prices of every listed symbol, every trade, the forming minute bar, and whole books of
the symbols that the configuration names.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import structlog

from threet import bootstrap
from threet.bootstrap import ProducerParts
from threet.components.exchange_health import keep_checking
from threet.components.lifecycle import live
from threet.model.candles import Timeframe
from threet.model.errors import DependencyError, ExchangeError
from threet.ports.market_feed import Interests
from threet.resilience.backoff import Backoff

_log = structlog.get_logger(__name__)


async def run(parts: ProducerParts) -> None:
    symbols = await _listed_symbols(parts)
    interests = Interests(
        symbols=symbols,
        candles=(Timeframe.M1,),
        books=[symbol for symbol in parts.books if symbol in symbols],
    )
    _log.info("streaming", symbols=len(symbols), books=len(interests.books))
    async with asyncio.TaskGroup() as group:
        writing = group.create_task(parts.sink.run())
        watching = group.create_task(keep_checking(parts.process.clock, parts.exchange))
        await parts.feed.run(interests, parts.sink.offer)
        writing.cancel()
        watching.cancel()


async def _listed_symbols(parts: ProducerParts) -> Sequence[str]:
    """Every symbol of the catalogue that is still traded; asks until it is told."""
    backoff = Backoff()
    while True:
        try:
            products = await asyncio.to_thread(parts.exchange.products)
        except (ExchangeError, DependencyError) as error:
            _log.warning("catalogue_waits", reason=str(error))
            await parts.process.clock.sleep(backoff.failed())
        else:
            return [one.symbol for one in products if not one.is_delisted]


def figures(parts: ProducerParts) -> Mapping[str, int | float | str]:
    feed, sink = parts.feed.statistics(), parts.sink.statistics()
    return {**asdict(feed), **asdict(sink), **parts.access_figures()}


@bootstrap.telling_refusals()
def main() -> None:
    async def process() -> None:
        parts = bootstrap.producer()
        await live(parts.process, run(parts), figures=lambda: figures(parts))

    asyncio.run(process())


if __name__ == "__main__":
    main()
