"""Exchange socket to consumer, through real processes: what arrives, and how late.

    python bench/stream.py [--seconds 60] [--rate 500] [--symbols 230]

``--rate`` counts trades and best prices; with marks, candles, books and mids the
producer gets about twice as many messages a second.

hlsim, the price_stream_producer and a Valkey run as processes of their own; this one
reads the streams as a consumer group. Nothing may be lost: the producer numbers its
events, so a gap in the numbers is a loss. Ends with 1 if anything was lost or late.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from threet.adapters.processes import valkey
from threet.adapters.processes.valkey import ValkeyPlace
from threet.adapters.redis_streams.address import RedisAddress
from threet.adapters.redis_streams.codec import STREAMS
from threet.adapters.redis_streams.consumer import ConsumerPolicy, RedisConsumer
from threet.adapters.redis_streams.live_view import RedisLiveView
from threet.adapters.system_clock import SystemClock
from threet.bootstrap.embedded import free_port
from threet.model.events import Envelope

MARKET_STREAMS = [
    name for name in STREAMS.values() if not name.startswith(("bal", "pos"))
]
MOST_P50_MS = 5.0


class Meter:
    def __init__(self) -> None:
        self.numbers: set[int] = set()
        self.events = 0
        self.delays_ms: list[float] = []

    async def handle(self, envelopes: Sequence[Envelope]) -> None:
        now_ns = time.time_ns()
        for envelope in envelopes:
            self.events += 1
            self.numbers.add(int(envelope.event_id.rpartition("-")[2]))
            self.delays_ms.append((now_ns - envelope.event.received_ns) / 1e6)


def cpu_secs(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(
    seconds: float, address: RedisAddress, producer: subprocess.Popen[bytes]
) -> tuple[Meter, dict[str, object]]:
    clock = SystemClock()
    meter = Meter()
    consumers = [
        RedisConsumer(
            address=address,
            stream=stream,
            group="bench",
            consumer="bench",
            clock=clock,
            policy=ConsumerPolicy(batch=500),
        )
        for stream in MARKET_STREAMS
    ]
    async with asyncio.TaskGroup() as group:
        for consumer in consumers:
            group.create_task(consumer.run(meter.handle))
        await clock.sleep(seconds)
        view = RedisLiveView(address)
        (state,) = await view.processes()
        cpu = cpu_secs(producer.pid)
        producer.terminate()
        await asyncio.to_thread(producer.wait)  # it writes what still waits
        while any(g.lag or g.pending for s in await view.streams() for g in s.groups):
            await clock.sleep(0.1)
        for consumer in consumers:
            consumer.stop()
    await view.close()
    lost = sum(consumer.statistics().lost for consumer in consumers)
    per_event = cpu / int(state.figures["published"]) * 1e6
    figures = {**state.figures, "trimmed_unread": lost}
    return meter, {**figures, "cpu_us_per_event": round(per_event, 1)}


def report(
    meter: Meter, figures: dict[str, object], options: argparse.Namespace
) -> int:
    seconds = options.seconds
    delays = sorted(meter.delays_ms)
    gaps = max(meter.numbers) - len(meter.numbers)
    p50 = statistics.median(delays)
    p99 = delays[int(len(delays) * 0.99)]
    print(f"events {meter.events} in {seconds:.0f} s = {meter.events / seconds:.0f}/s")
    print(f"producer: {figures}")
    print(f"missing numbers {gaps}, doubled {meter.events - len(meter.numbers)}")
    print(
        f"received -> consumer: p50 {p50:.2f} ms, p99 {p99:.2f}, worst {delays[-1]:.1f}"
    )
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    is_good = not gaps and not figures["dropped"] and p50 < options.most_p50_ms
    print("ok" if is_good else "FAIL")
    return 0 if is_good else 1


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--symbols", type=int, default=230)
    parser.add_argument("--most-p50-ms", type=float, default=MOST_P50_MS)
    options = parser.parse_args()
    exchange_port, redis_port = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        place = ValkeyPlace(folder=Path(folder), port=redis_port, password="bench")
        server = valkey.prepare(place)
        environment = {
            **os.environ,
            "THREET_REDIS__HOST": "127.0.0.1",
            "THREET_REDIS__PORT": str(redis_port),
            "THREET_REDIS__PASSWORD": "bench",
            "THREET_EXCHANGES__HYPERLIQUID__REST_URL": f"http://127.0.0.1:{exchange_port}",
        }
        hlsim = [
            *(sys.executable, "-m", "hlsim.cli", "serve", "--port", str(exchange_port)),
            *("--rate", str(options.rate), "--symbols", str(options.symbols)),
            # The real exchange's blocks are about 70 ms apart (HYPERLIQUID.md 5.1).
            *("--block-ms", "70"),
        ]
        producer = [sys.executable, "-m", "threet.components.price_stream_producer"]
        children = []
        try:
            for command in (list(server.command), hlsim, producer):
                with (Path(folder) / "log").open("ab") as log:
                    children.append(
                        subprocess.Popen(
                            command, env=environment, stdout=log, stderr=log
                        )
                    )
            asyncio.run(valkey.until_ready(place, SystemClock()))
            address = RedisAddress(host="127.0.0.1", port=redis_port, password="bench")
            meter, figures = asyncio.run(
                measure(options.seconds, address, children[-1])
            )
        finally:
            for child in reversed(children):
                child.terminate()
                child.wait()
        return report(meter, figures, options)


if __name__ == "__main__":
    raise SystemExit(main())
