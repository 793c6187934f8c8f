"""What every event bus must do. An implementation joins by one line in ``bus``."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.builders import envelope
from tests.integration.streams.redis_bus import made_consumer, made_publisher
from tests.servers import ValkeyServer
from threet.adapters.memory.event_bus import MemoryBus, MemoryConsumer
from threet.model.errors import DependencyError
from threet.model.events import Envelope
from threet.ports.event_bus import BatchHandler, EventConsumer, EventPublisher


@dataclass(frozen=True)
class Bus:
    publisher: EventPublisher
    consumer: EventConsumer


@pytest.fixture(params=["memory", "redis"])
async def bus(
    request: pytest.FixtureRequest, valkey: ValkeyServer
) -> AsyncIterator[Bus]:
    if request.param == "memory":
        memory = MemoryBus()
        yield Bus(memory, MemoryConsumer(memory, batch=10))
        return
    request.getfixturevalue("valkey_client")
    publisher = made_publisher(valkey.port)
    yield Bus(publisher, made_consumer(valkey.port, batch=10, take_over_after_secs=0.0))
    await publisher.close()


@asynccontextmanager
async def consuming(bus: Bus, handle: BatchHandler) -> AsyncIterator[None]:
    """The consumer runs inside, and has stopped gracefully afterwards."""
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(bus.consumer.run(handle))
        yield
        bus.consumer.stop()


class Seen:
    """Counts effects, and lets a test wait for them."""

    def __init__(
        self, before: Callable[[Sequence[Envelope]], None] | None = None
    ) -> None:
        self.ids: list[str] = []
        self._before = before
        self._changed = asyncio.Event()

    async def handle(self, envelopes: Sequence[Envelope]) -> None:
        if self._before is not None:
            self._before(envelopes)
        self.ids += [one.event_id for one in envelopes]
        self._changed.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            self._changed.clear()
            await self._changed.wait()

    async def until_id(self, event_id: str) -> None:
        await self.until(lambda: event_id in self.ids)


async def test_every_event_arrives_once_and_in_order(bus: Bus) -> None:
    seen = Seen()
    wanted = [f"e-{number}" for number in range(1, 101)]
    async with consuming(bus, seen.handle):
        for start in range(1, 101, 7):
            numbers = range(start, min(start + 7, 101))
            await bus.publisher.publish([envelope(number) for number in numbers])
        await seen.until(lambda: len(seen.ids) >= 100)
    assert seen.ids == wanted
    assert bus.consumer.statistics().acknowledged == 100


async def test_events_survive_the_bus_unchanged(bus: Bus) -> None:
    got: list[Envelope] = []
    seen = Seen(got.extend)
    sent = [envelope(number) for number in range(1, 4)]
    async with consuming(bus, seen.handle):
        await bus.publisher.publish(sent)
        await seen.until(lambda: len(seen.ids) == 3)
    assert got == sent


async def test_while_something_is_down_nothing_is_lost_and_nothing_dies(
    bus: Bus,
) -> None:
    outage = iter([True] * 3)

    def refuse_at_first(_: Sequence[Envelope]) -> None:
        if next(outage, False):
            raise DependencyError("database", "down")

    seen = Seen(refuse_at_first)
    async with consuming(bus, seen.handle):
        await bus.publisher.publish([envelope(1), envelope(2)])
        await seen.until(lambda: len(seen.ids) == 2)
    assert seen.ids == ["e-1", "e-2"]
    assert bus.consumer.statistics().dead_lettered == 0


async def test_r4_a_poison_event_is_buried_and_the_others_take_effect(bus: Bus) -> None:
    tries: Counter[str] = Counter()

    def choke_on_2(envelopes: Sequence[Envelope]) -> None:
        if any(one.event_id == "e-2" for one in envelopes):
            tries["e-2"] += len(envelopes) == 1
            raise ValueError("poison")

    seen = Seen(choke_on_2)
    async with consuming(bus, seen.handle):
        await bus.publisher.publish([envelope(number) for number in (1, 2, 3)])
        await seen.until(lambda: len(seen.ids) == 2)
        # Later events keep the consumer moving until the dead letter is written.
        number = 3
        while not bus.consumer.statistics().dead_lettered:
            number += 1
            await bus.publisher.publish([envelope(number)])
            await seen.until_id(f"e-{number}")
    assert "e-2" not in seen.ids
    assert len(seen.ids) == len(set(seen.ids)) == number - 1
    assert tries["e-2"] == 5


async def test_a_stop_finishes_the_batch_under_way(bus: Bus) -> None:
    seen = Seen(lambda _: bus.consumer.stop())
    async with consuming(bus, seen.handle):
        await bus.publisher.publish([envelope(1)])
        await seen.until(lambda: bool(seen.ids))
    assert bus.consumer.statistics().acknowledged == 1
