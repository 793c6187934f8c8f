"""Delivery on a real Valkey: loss counted, groups restored, dead members relieved."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import cast

import msgspec
import pytest
import redis

from tests.builders import START_MS, envelope, prices
from tests.integration.streams.redis_bus import at, made_consumer, made_publisher
from tests.polling import until
from tests.servers import ValkeyServer
from threet.adapters.redis_streams.consumer import RedisConsumer
from threet.adapters.redis_streams.group_reader import GroupReader
from threet.adapters.redis_streams.live_view import RedisLiveView
from threet.adapters.redis_streams.market_sink import MarketSink
from threet.adapters.redis_streams.pipe import RedisPipe, RefusedCommandError
from threet.adapters.redis_streams.publisher import RedisPublisher
from threet.adapters.system_clock import SystemClock
from threet.model.events import Envelope, Event
from threet.model.prices import PriceKind

STREAM = "prices:updated"


@pytest.fixture
async def publisher(
    valkey: ValkeyServer, valkey_client: redis.Redis
) -> AsyncIterator[RedisPublisher]:
    del valkey_client  # it emptied the server
    made = made_publisher(valkey.port)
    yield made
    await made.close()


def entries(client: redis.Redis, stream: str) -> list[dict[bytes, bytes]]:
    """The fields of every entry of the stream."""
    rows = cast("list[tuple[bytes, dict[bytes, bytes]]]", client.xrange(stream))
    return [fields for _, fields in rows]


async def run_until(
    consumer: RedisConsumer, is_so: Callable[[], bool]
) -> list[Envelope]:
    """Run the consumer until the condition holds; returns what it was handed."""
    seen: list[Envelope] = []

    async def handle(envelopes: Sequence[Envelope]) -> None:
        seen.extend(envelopes)

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        running = group.create_task(consumer.run(handle))
        await until(lambda: is_so() or running.done())
        consumer.stop()
    return seen


async def test_r2_entries_trimmed_unread_are_counted_to_the_last_one(
    publisher: RedisPublisher, valkey: ValkeyServer, valkey_client: redis.Redis
) -> None:
    consumer = made_consumer(valkey.port, batch=10)
    await publisher.publish([envelope(number) for number in range(1, 21)])
    await run_until(consumer, lambda: consumer.statistics().acknowledged == 20)
    await publisher.publish([envelope(number) for number in range(21, 121)])
    valkey_client.xtrim(STREAM, maxlen=30, approximate=False)
    later = made_consumer(valkey.port, batch=10)
    seen = await run_until(later, lambda: later.statistics().acknowledged == 30)
    assert [one.event_id for one in seen] == [f"e-{n}" for n in range(91, 121)]
    assert later.statistics().lost == 70


async def test_r2_entries_trimmed_before_the_first_read_are_counted(
    publisher: RedisPublisher, valkey: ValkeyServer, valkey_client: redis.Redis
) -> None:
    pipe = await RedisPipe.open(at(valkey.port))
    names = {"stream": STREAM, "group": "tests", "consumer": "one"}
    await GroupReader(pipe, **names, start="0").ensure_group()
    pipe.close()
    await publisher.publish([envelope(number) for number in range(1, 101)])
    valkey_client.xtrim(STREAM, maxlen=30, approximate=False)
    consumer = made_consumer(valkey.port, batch=10)
    await run_until(consumer, lambda: consumer.statistics().acknowledged == 30)
    assert consumer.statistics().lost == 70


async def test_f56_pending_entries_that_were_trimmed_are_counted(
    publisher: RedisPublisher, valkey: ValkeyServer, valkey_client: redis.Redis
) -> None:
    await publisher.publish([envelope(number) for number in range(1, 6)])
    valkey_client.xgroup_create(STREAM, "tests", id="0")
    valkey_client.xreadgroup("tests", "dead-peer", {STREAM: ">"}, count=5)
    valkey_client.xtrim(STREAM, maxlen=2, approximate=False)
    consumer = made_consumer(valkey.port, take_over_after_secs=0.0)
    seen = await run_until(consumer, lambda: consumer.statistics().acknowledged == 2)
    assert [one.event_id for one in seen] == ["e-4", "e-5"]
    assert consumer.statistics().lost == 3


async def test_r1_a_server_that_forgot_the_group_gets_it_again(
    publisher: RedisPublisher, valkey: ValkeyServer, valkey_client: redis.Redis
) -> None:
    consumer = made_consumer(valkey.port)
    await publisher.publish([envelope(1)])

    async def forget_then_publish(envelopes: Sequence[Envelope]) -> None:
        seen.extend(one.event_id for one in envelopes)
        if len(seen) == 1:
            valkey_client.flushall()
            await publisher.publish([envelope(2)])
        else:
            consumer.stop()

    seen: list[str] = []
    async with asyncio.timeout(60):
        await consumer.run(forget_then_publish)
    assert seen == ["e-1", "e-2"]


async def test_r5_a_dead_members_entries_are_taken_over(
    publisher: RedisPublisher, valkey: ValkeyServer, valkey_client: redis.Redis
) -> None:
    await publisher.publish([envelope(number) for number in range(1, 4)])
    valkey_client.xgroup_create(STREAM, "tests", id="0")
    valkey_client.xreadgroup("tests", "dead-peer", {STREAM: ">"}, count=2)
    consumer = made_consumer(valkey.port, take_over_after_secs=0.1)
    seen = await run_until(consumer, lambda: consumer.statistics().acknowledged == 3)
    assert {one.event_id for one in seen} == {"e-1", "e-2", "e-3"}
    assert consumer.statistics().taken_over == 2


async def test_a_member_that_comes_back_finishes_what_it_had_begun(
    publisher: RedisPublisher, valkey: ValkeyServer, valkey_client: redis.Redis
) -> None:
    await publisher.publish([envelope(number) for number in range(1, 4)])
    valkey_client.xgroup_create(STREAM, "tests", id="0")
    valkey_client.xreadgroup("tests", "one", {STREAM: ">"}, count=2)
    consumer = made_consumer(valkey.port, consumer="one", take_over_after_secs=60)
    seen = await run_until(consumer, lambda: consumer.statistics().acknowledged == 3)
    assert [one.event_id for one in seen] == ["e-1", "e-2", "e-3"]


async def test_an_entry_nobody_can_read_goes_to_the_dead_letters(
    publisher: RedisPublisher, valkey: ValkeyServer, valkey_client: redis.Redis
) -> None:
    fields: dict[str, str] = {"id": "x", "type": STREAM, "v": "99", "data": "{}"}
    valkey_client.xadd(STREAM, fields)  # type: ignore[arg-type]  # invariant dict
    await publisher.publish([envelope(1)])
    consumer = made_consumer(valkey.port)
    seen = await run_until(consumer, lambda: consumer.statistics().acknowledged == 1)
    assert [one.event_id for one in seen] == ["e-1"]
    (letter,) = entries(valkey_client, "dead:letters")
    assert letter[b"stream"] == STREAM.encode()
    assert letter[b"v"] == b"99"


async def test_a_burial_that_the_server_refuses_is_told(
    publisher: RedisPublisher, valkey: ValkeyServer, valkey_client: redis.Redis
) -> None:
    await publisher.publish([envelope(1)])
    valkey_client.set("dead:letters", "not a stream")
    pipe = await RedisPipe.open(at(valkey.port))
    names = {"stream": STREAM, "group": "tests", "consumer": "one"}
    reader = GroupReader(pipe, **names, start="0")
    await reader.ensure_group()
    (entry,) = (await reader.read(1)).entries
    with pytest.raises(RefusedCommandError, match="WRONGTYPE"):
        await reader.bury(entry, "unreadable", 10)
    pipe.close()


async def test_redis_down_and_back_loses_no_entry_of_a_consumer(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    server = ValkeyServer(tmp_path_factory.mktemp("restarted"))
    server.start()
    publisher = made_publisher(server.port)
    consumer = made_consumer(server.port)
    try:
        await publisher.publish([envelope(1)])

        async def handle(envelopes: Sequence[Envelope]) -> None:
            seen.extend(one.event_id for one in envelopes)
            if len(seen) == 1:
                server.kill()
                await asyncio.to_thread(server.start)  # it kept nothing
                await publisher.close()
                await publisher.publish([envelope(2)])
            else:
                consumer.stop()

        seen: list[str] = []
        async with asyncio.timeout(60):
            await consumer.run(handle)
        assert seen == ["e-1", "e-2"]
    finally:
        await publisher.close()
        server.kill()


async def test_the_sink_keeps_the_newest_price_while_redis_is_down(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    server = ValkeyServer(tmp_path_factory.mktemp("down"))
    clock = SystemClock()
    sink = MarketSink(
        publisher=made_publisher(server.port), clock=clock, run_id="t", most_waiting=50
    )
    events: list[Event] = [
        prices(("BTC", str(number)), received_ns=START_MS * 1_000_000 + number)
        for number in range(1, 101)
    ]
    sink.offer(events)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        writing = group.create_task(sink.run())
        await asyncio.to_thread(server.start)
        await until(lambda: not sink.statistics().waiting)
        writing.cancel()
    assert sink.statistics().dropped == 50
    assert sink.statistics().published == 50
    view = RedisLiveView(at(server.port))
    (newest,) = await view.newest_prices()
    await view.close()
    server.kill()
    assert (newest.symbol, newest.kind) == ("BTC", PriceKind.MID)
    assert newest.price == 100


async def test_the_view_follows_from_its_entering_on_and_in_order(
    publisher: RedisPublisher, valkey: ValkeyServer
) -> None:
    await publisher.publish([envelope(1)])
    view = RedisLiveView(at(valkey.port))
    followed: list[str] = []
    async with (
        asyncio.timeout(60),
        view.follow([STREAM, "candles:closed"]) as batches,
    ):
        await publisher.publish([envelope(number) for number in range(2, 10)])
        async for envelopes in batches:
            followed.extend(one.event_id for one in envelopes)
            if "e-9" in followed:
                break
    assert followed == [f"e-{n}" for n in range(2, 10)]


async def test_streams_and_groups_are_reported_with_their_lag(
    publisher: RedisPublisher, valkey: ValkeyServer, valkey_client: redis.Redis
) -> None:
    await publisher.publish([envelope(number) for number in range(1, 8)])
    valkey_client.xgroup_create(STREAM, "tests", id="0", entries_read=0)
    valkey_client.xreadgroup("tests", "one", {STREAM: ">"}, count=3)
    view = RedisLiveView(at(valkey.port))
    (state,) = await view.streams()
    await view.close()
    assert (state.stream, state.length) == (STREAM, 7)
    (group,) = state.groups
    assert (group.group, group.pending, group.lag) == ("tests", 3, 4)


async def test_an_entry_says_what_it_is_when_and_by_which_version(
    publisher: RedisPublisher, valkey_client: redis.Redis
) -> None:
    await publisher.publish([envelope(7)])
    (fields,) = entries(valkey_client, STREAM)
    data = msgspec.json.decode(fields.pop(b"data"))
    assert fields == {
        b"id": b"e-7",
        b"type": STREAM.encode(),
        b"v": b"1",
        b"event_ms": b"",
        b"received_ns": str(START_MS * 1_000_000).encode(),
        b"traceparent": b"",
    }
    assert data["changes"] == [["BTC", "mid", "7", None]]
