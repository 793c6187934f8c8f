"""Process, and an example to copy: no balance takes effect twice.

Delivery is at least once, so the inbox remembers which events took effect, each in one
transaction with its effect: one that fails comes again. A row in the inbox's database
appears exactly once so; a line in the log, as here, at least once.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial

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
        for envelope in envelopes:
            if isinstance(envelope.event, BalanceUpdated):
                await asyncio.to_thread(self._take, envelope.event_id, envelope.event)

    def _take(self, event_id: str, balance: BalanceUpdated) -> None:
        if self._parts.inbox.take(NAME, event_id, partial(_apply, balance)):
            self._applied += 1
            self._account_value = str(balance.account_value)

    def figures(self) -> Mapping[str, int | float | str]:
        counts = asdict(self._parts.consumer.statistics())
        return {**counts, "applied": self._applied, "value": self._account_value}


def _apply(balance: BalanceUpdated) -> None:
    """The effect; what raises here is delivered again."""
    _log.info("balance", address=balance.address, value=str(balance.account_value))


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
