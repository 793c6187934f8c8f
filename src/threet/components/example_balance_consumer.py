"""Process, and an example to copy: no balance takes effect twice.

Delivery is at least once, so the inbox remembers which events were begun; here the
effect is a line in the log, which a crash in between would leave out. An effect that
must neither be doubled nor left out is a row, in the transaction that fills the inbox.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import structlog

from threet import bootstrap
from threet.bootstrap import ConsumerParts
from threet.components.lifecycle import live
from threet.model.events import BalanceUpdated, Envelope

_log = structlog.get_logger(__name__)
NAME = "example_balance_consumer"


class ExampleBalanceConsumer:
    def __init__(self, parts: ConsumerParts) -> None:
        self._parts = parts
        self._applied = 0
        self._account_value = "unknown"

    async def handle(self, envelopes: Sequence[Envelope]) -> None:
        ids = [envelope.event_id for envelope in envelopes]
        new = set(await asyncio.to_thread(self._parts.inbox.first_time, NAME, ids))
        for envelope in envelopes:
            if envelope.event_id in new and isinstance(envelope.event, BalanceUpdated):
                self._apply(envelope.event)

    def _apply(self, balance: BalanceUpdated) -> None:
        self._applied += 1
        self._account_value = str(balance.account_value)
        _log.info("balance", address=balance.address, value=self._account_value)

    def figures(self) -> Mapping[str, int | float | str]:
        counts = asdict(self._parts.consumer.statistics())
        return {**counts, "applied": self._applied, "value": self._account_value}


@bootstrap.telling_refusals()
def main() -> None:
    async def process() -> None:
        parts = bootstrap.consumer(NAME, stream="balance:updated")
        example = ExampleBalanceConsumer(parts)
        await live(
            parts.process,
            parts.consumer.run(example.handle),
            figures=example.figures,
            on_stop=parts.consumer.stop,
        )

    asyncio.run(process())


if __name__ == "__main__":
    main()
