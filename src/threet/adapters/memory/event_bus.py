"""The event bus in RAM: streams, groups, redelivery, as a single process needs them."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from threet.model.errors import DependencyError
from threet.model.events import Envelope
from threet.ports.event_bus import BatchHandler, ConsumerStatistics


class MemoryBus:
    """One stream; implements ``EventPublisher``."""

    def __init__(self) -> None:
        self.published: list[Envelope] = []
        self.dead_letters: list[Envelope] = []
        self.more = asyncio.Condition()

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        async with self.more:
            self.published.extend(envelopes)
            self.more.notify_all()


class MemoryConsumer:
    """The only member of its group; implements ``EventConsumer``."""

    def __init__(
        self, bus: MemoryBus, *, batch: int = 500, most_deliveries: int = 5
    ) -> None:
        self._bus = bus
        self._batch = batch
        self._most_deliveries = most_deliveries
        self._next = 0
        self._waiting: list[tuple[Envelope, int]] = []  # failed, and how often
        self._is_stopping = False
        self._counts: Counter[str] = Counter()

    def stop(self) -> None:
        self._is_stopping = True

    def statistics(self) -> ConsumerStatistics:
        return ConsumerStatistics(**self._counts)

    async def run(self, handle: BatchHandler) -> None:
        while not self._is_stopping:
            batch = self._bus.published[self._next : self._next + self._batch]
            self._next += len(batch)
            self._counts["delivered"] += len(batch)
            waiting, self._waiting = self._waiting, []
            if not batch and not waiting:
                await self._until_more()
                continue
            await self._deliver(handle, batch)
            for envelope, failures in waiting:
                await self._deliver_one(handle, envelope, failures)

    async def _until_more(self) -> None:
        async with self._bus.more:
            try:
                async with asyncio.timeout(0.05):
                    await self._bus.more.wait()
            except TimeoutError:
                return  # look at the stop

    async def _deliver(self, handle: BatchHandler, batch: Sequence[Envelope]) -> None:
        if not batch:
            return
        try:
            await self._until_up(handle, batch)
        except Exception:  # noqa: BLE001  # find whose it is
            for envelope in batch:
                await self._deliver_one(handle, envelope, 0)
        else:
            self._counts["acknowledged"] += len(batch)

    async def _deliver_one(
        self, handle: BatchHandler, envelope: Envelope, failures: int
    ) -> None:
        try:
            await self._until_up(handle, [envelope])
        except Exception:  # noqa: BLE001  # it ends in the dead letters
            self._counts["failed"] += 1
            if failures + 1 < self._most_deliveries:
                self._waiting.append((envelope, failures + 1))
                return
            self._bus.dead_letters.append(envelope)
            self._counts["dead_lettered"] += 1
        else:
            self._counts["acknowledged"] += 1

    async def _until_up(
        self, handle: BatchHandler, envelopes: Sequence[Envelope]
    ) -> None:
        while True:
            try:
                await handle(envelopes)
            except DependencyError:
                await asyncio.sleep(0)
            else:
                return
