"""Redis restarted or full, a member killed or slow: loss is counted, the rest comes."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import redis

from tests.builders import START_MS, envelope, prices
from tests.integration.streams.redis_bus import at, made_consumer, made_publisher
from tests.polling import until
from tests.servers import ValkeyServer
from threet.adapters.redis_streams.consumer import ConsumerPolicy
from threet.adapters.redis_streams.live_view import RedisLiveView
from threet.adapters.redis_streams.market_sink import MarketSink
from threet.adapters.system_clock import SystemClock
from threet.model.events import BalanceUpdated, Envelope, Event
from threet.web import lag

AOF = ("--appendonly", "yes", "--appendfsync", "always")


async def test_r1_a_server_with_an_append_only_file_killed_loses_no_entry(
    tmp_path: Path,
) -> None:
    server = ValkeyServer(tmp_path, *AOF)
    server.start()
    publisher = made_publisher(server.port)
    consumer = made_consumer(server.port, batch=10)
    seen: list[str] = []

    async def handle(envelopes: Sequence[Envelope]) -> None:
        seen.extend(one.event_id for one in envelopes)
        if len(seen) == 10:  # the rest is unread, and these are not acknowledged
            server.kill()
            await asyncio.to_thread(server.start)

    try:
        await publisher.publish([envelope(number) for number in range(1, 101)])
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            group.create_task(consumer.run(handle))
            await until(lambda: consumer.statistics().acknowledged >= 100)
            consumer.stop()
        with redis.Redis(port=server.port) as client:
            assert client.xinfo_groups("prices:updated")[0]["pending"] == 0
    finally:
        await publisher.close()
        server.kill()
    assert set(seen) == {f"e-{number}" for number in range(1, 101)}
    assert consumer.statistics().lost == 0
    assert consumer.statistics().reconnects >= 1


async def test_r3_a_full_server_stops_nobody_and_the_sink_counts_what_it_drops(
    tmp_path: Path,
) -> None:
    server = ValkeyServer(tmp_path, "--maxmemory-policy", "noeviction")
    server.start()
    sink = MarketSink(
        publisher=made_publisher(server.port),
        clock=SystemClock(),
        run_id="t",
        most_waiting=50,
    )
    consumer = made_consumer(server.port)
    client = redis.Redis(port=server.port)
    seen: list[str] = []

    async def handle(envelopes: Sequence[Envelope]) -> None:
        seen.extend(one.event_id for one in envelopes)

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        writing = group.create_task(sink.run())
        reading = group.create_task(consumer.run(handle))
        sink.offer(events(1, 11))
        await until(lambda: len(seen) == 10)
        client.config_set("maxmemory", "1")
        sink.offer(events(11, 111))
        await until(lambda: sink.statistics().dropped == 50)
        assert not writing.done()
        assert not reading.done()
        assert sink.statistics().waiting == 50
        client.config_set("maxmemory", "0")
        await until(lambda: len(set(seen)) == 60)
        consumer.stop()
        writing.cancel()
    client.close()
    server.kill()
    counted = sink.statistics()
    assert counted.offered == counted.published + counted.dropped == 110
    assert set(seen[10:]) == {f"t-{number}" for number in range(61, 111)}


async def test_w8_f5_a_slow_consumer_is_told_its_loss_counted_and_no_money_is_lost(
    valkey: ValkeyServer, valkey_client: redis.Redis
) -> None:
    """The producer waits for no one: prices that nobody took in time are trimmed."""
    sink = MarketSink(
        publisher=made_publisher(valkey.port, 1_000), clock=SystemClock(), run_id="t"
    )
    money = made_publisher(valkey.port)
    slow = made_consumer(valkey.port)
    careful = made_consumer(valkey.port, stream="balance:updated")
    view = RedisLiveView(at(valkey.port))
    go_on = asyncio.Event()
    taken: list[str] = []

    async def handle(envelopes: Sequence[Envelope]) -> None:
        await go_on.wait()
        taken.extend(one.event_id for one in envelopes)

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        writing = group.create_task(sink.run())
        reading = [group.create_task(one.run(handle)) for one in (slow, careful)]
        await until(lambda: bool(valkey_client.exists("prices:updated")))
        sink.offer(events(1, 3_001))
        await money.publish([balance(number) for number in range(1, 301)])
        await until(lambda: sink.statistics().published == 3_000)
        newest = {one.symbol: one.price for one in await view.newest_prices()}
        assert newest == {"BTC": 3_000}
        (told,) = lag.reasons(await view.streams())
        assert told.startswith("tests is ")
        assert told.endswith(" entries behind in prices:updated")
        go_on.set()
        await until(lambda: careful.statistics().acknowledged == 300)
        await until(lambda: "t-3000" in taken)
        slow.stop()
        careful.stop()
        await asyncio.wait(reading)
        writing.cancel()
    await money.close()
    await view.close()
    prices_taken = sum(one.startswith("t-") for one in taken)
    assert slow.statistics().lost == 3_000 - prices_taken > 0
    assert careful.statistics().lost == 0
    assert [one for one in taken if one.startswith("b-")] == [
        f"b-{number}" for number in range(1, 301)
    ]


def balance(number: int) -> Envelope:
    event = BalanceUpdated(
        received_ns=number,
        address="0xa",
        account_value=Decimal(number),
        total_margin_used=Decimal(0),
        withdrawable=Decimal(number),
    )
    return Envelope(event_id=f"b-{number}", event=event)


def events(first: int, end: int) -> list[Event]:
    return [
        prices(("BTC", str(number)), received_ns=START_MS * 1_000_000 + number)
        for number in range(first, end)
    ]


def started_member(port: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.streams.member", str(port)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )


async def test_r5_the_entries_of_a_member_killed_at_work_are_taken_over(
    valkey: ValkeyServer, valkey_client: redis.Redis
) -> None:
    del valkey_client  # it emptied the server
    publisher = made_publisher(valkey.port)
    await publisher.publish([envelope(number) for number in range(1, 6)])
    doomed = await asyncio.to_thread(started_member, valkey.port)
    assert doomed.stdout is not None
    assert await asyncio.to_thread(doomed.stdout.readline) == b"5\n"
    survivor = made_consumer(valkey.port, consumer="two", take_over_after_secs=0.5)
    seen: list[str] = []

    async def handle(envelopes: Sequence[Envelope]) -> None:
        seen.extend(one.event_id for one in envelopes)

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(survivor.run(handle))
        doomed.kill()
        doomed.wait()
        await until(lambda: survivor.statistics().acknowledged == 5)
        survivor.stop()
    doomed.stdout.close()
    await publisher.close()
    assert seen == [f"e-{number}" for number in range(1, 6)]
    assert survivor.statistics().taken_over == 5


def test_r5_a_take_over_takes_less_than_30_secs() -> None:
    """Idle for so long, looked for so often, and a pause of the back-off at most."""
    policy = ConsumerPolicy()
    assert policy.take_over_after_secs + policy.look_every_secs + 5 < 30
