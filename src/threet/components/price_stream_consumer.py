"""Process, and an example to copy: the newest price of every symbol, from the stream.

A consumer of your own is this file with another ``handle``: name a stream and a group,
do what is to be done with a batch, return when that is durable. Prices are news that
age: this one starts with the next entry (``start="$"``), not with the oldest.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from threet import bootstrap
from threet.bootstrap import ConsumerParts
from threet.components.lifecycle import live
from threet.market_data.newest_prices import NewestPrices
from threet.model.events import Envelope, PricesUpdated


class PriceStreamConsumer:
    def __init__(self, parts: ConsumerParts) -> None:
        self._parts = parts
        self._newest = NewestPrices()
        self._delay_ms = 0.0

    async def handle(self, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            if isinstance(envelope.event, PricesUpdated):
                self._newest.apply(envelope.event)
        received_ns = envelopes[-1].event.received_ns
        self._delay_ms = (self._parts.process.clock.now_ns() - received_ns) / 1e6

    def figures(self) -> Mapping[str, int | float | str]:
        counts = asdict(self._parts.consumer.statistics())
        prices = len(self._newest.all())
        return {**counts, "prices": prices, "delay_ms": round(self._delay_ms, 3)}


@bootstrap.telling_refusals()
def main() -> None:
    async def process() -> None:
        name = "price_stream_consumer"
        parts = bootstrap.consumer(name, stream="prices:updated", start="$")
        example = PriceStreamConsumer(parts)
        work = parts.consumer.run(example.handle)
        await live(
            parts.process,
            work,
            figures=example.figures,
            on_stop=parts.consumer.stop,
        )

    asyncio.run(process())


if __name__ == "__main__":
    main()
