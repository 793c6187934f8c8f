"""Events into Redis streams: the floor, redis-py, and us; batches of 100.

    python bench/publish.py [--rounds 7]

CPU time of this process for each entry. The floor packs with hiredis and reads the
replies on a plain asyncio connection; it encodes nothing. "encode" is our JSON of an
event and its entry's fields, which every client but the floor has to do.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from pathlib import Path

import hiredis
import redis
import redis.asyncio

from threet.adapters.processes import valkey
from threet.adapters.processes.child import Child
from threet.adapters.processes.valkey import ValkeyPlace
from threet.adapters.redis_streams import codec
from threet.adapters.redis_streams.address import RedisAddress
from threet.adapters.redis_streams.publisher import RedisPublisher
from threet.adapters.system_clock import SystemClock
from threet.bootstrap.embedded import free_port
from threet.model.events import Envelope, PricesUpdated
from threet.model.prices import PriceChange, PriceKind

BATCH = 100
BATCHES = 30
PASSWORD = "bench"
Run = Callable[[Sequence[Envelope]], Awaitable[None]]


def events() -> list[Envelope]:
    changes = (
        PriceChange("BTC", PriceKind.BID, Decimal("105000.5"), Decimal("1.25")),
        PriceChange("BTC", PriceKind.ASK, Decimal("105001.5"), Decimal("0.75")),
    )
    event = PricesUpdated(received_ns=1, event_ms=1_767_225_600_000, changes=changes)
    return [Envelope(event_id=f"bench-{n}", event=event) for n in range(BATCH)]


async def runs(port: int) -> dict[str, Run]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(hiredis.pack_command(("AUTH", PASSWORD)))
    await reader.readline()
    replies = hiredis.Reader()
    ready = [
        ("XADD", "floor", "MAXLEN", "~", "100000", "*", *codec.fields(one))
        for one in events()
    ]

    async def floor(_: Sequence[Envelope]) -> None:
        writer.write(b"".join(map(hiredis.pack_command, ready)))
        missing = BATCH
        while missing:
            replies.feed(await reader.read(65536))
            while replies.gets() is not False:
                missing -= 1

    async def encode(envelopes: Sequence[Envelope]) -> None:
        for one in envelopes:
            codec.fields(one)

    lengths = dict.fromkeys(codec.STREAMS.values(), 100_000)
    address = RedisAddress(host="127.0.0.1", port=port, password=PASSWORD)
    publisher = RedisPublisher(address, lengths)
    client = redis.Redis(port=port, password=PASSWORD)
    slow = redis.asyncio.Redis(port=port, password=PASSWORD)

    def append(pipeline: redis.client.Pipeline, envelopes: Sequence[Envelope]) -> None:
        for one in envelopes:
            pipeline.execute_command(
                "XADD", "peer", "MAXLEN", "~", 100_000, "*", *codec.fields(one)
            )

    async def redis_py(envelopes: Sequence[Envelope]) -> None:
        pipeline = client.pipeline(transaction=False)
        append(pipeline, envelopes)
        pipeline.execute()

    async def redis_py_async(envelopes: Sequence[Envelope]) -> None:
        pipeline = slow.pipeline(transaction=False)
        append(pipeline, envelopes)
        await pipeline.execute()

    return {
        "floor": floor,
        "encode": encode,
        "3T": publisher.publish,
        "redis-py": redis_py,
        "redis-py async": redis_py_async,
    }


async def cpu_us(run: Run, envelopes: Sequence[Envelope]) -> float:
    start = time.process_time_ns()
    for _ in range(BATCHES):
        await run(envelopes)
    return (time.process_time_ns() - start) / BATCHES / BATCH / 1000


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        place = ValkeyPlace(folder=Path(folder), port=free_port(), password=PASSWORD)
        server = await Child.start(valkey.prepare(place), Path(folder) / "log")
        try:
            await valkey.until_ready(place, SystemClock())
            measured = await runs(place.port)
            took: dict[str, list[float]] = {name: [] for name in measured}
            for _ in range(rounds):
                for name, run in measured.items():
                    took[name].append(await cpu_us(run, events()))
        finally:
            await server.stop(5)
    medians = {name: statistics.median(times) for name, times in took.items()}
    for name, us in medians.items():
        print(f"{name:15} {us:6.2f} us/entry  {us / medians['floor']:5.1f}x floor")
    ahead = medians["redis-py"] / medians["3T"]
    print(f"3T is {ahead:.1f}x ahead of redis-py's pipeline, encoding included in both")


if __name__ == "__main__":
    asyncio.run(main())
