"""How soon all is well again after a fault: every timer as in production.

    python bench/liveness.py [--injections 50] [--loose]

Six whole back ends (MariaDB, Valkey, Celery worker, two beats) suffer side by side, at
different moments, and one group after the other loses the member that held its entries.
Seconds of the wall, nothing is sped up. Ends with 1 if the worst of a row is beyond its
target; with --loose figures do not matter.
"""

import argparse
import asyncio
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog

sys.path.insert(0, str(Path(__file__).parents[1]))

from liveness_lane import Lane, running_lane, until

from tests.builders import envelope
from tests.integration.streams.redis_bus import at, made_publisher
from tests.servers import ValkeyServer, free_port
from threet.adapters.redis_streams.consumer import RedisConsumer
from threet.adapters.system_clock import SystemClock
from threet.model.events import Envelope

STREAM = "prices:updated"
LANES = 6
TAKEN_OVER = "a dead consumer's entries taken over"
REPAIRED = "a candle gap repaired, from its note"
WARM = "`market_data` warm after MariaDB was killed"
BEAT = "a killed beat replaced"
STREAMS = "Valkey killed and back: a new price delivered"
TASKS = "Valkey killed and back: a task consumed"
TARGETS = {
    TAKEN_OVER: 30.0,
    REPAIRED: 60.0,
    WARM: 60.0,
    BEAT: 30.0,
    STREAMS: 5.0,
    TASKS: 30.0,
}
Took = dict[str, list[float]]


async def suffer(lane: Lane, took: Took, rounds: int) -> None:
    for _ in range(rounds):
        took[WARM].append(await lane.warm_after_restart())
        took[BEAT].append(await lane.beat_replaced())
        streams, tasks = await lane.valkey_killed()
        took[STREAMS].append(streams)
        took[TASKS].append(tasks)
        took[REPAIRED].append(await lane.gap_repaired())
        print(f"a round of {lane.name}", file=sys.stderr, flush=True)


async def in_lanes(folder: Path, injections: int, took: Took) -> None:
    lanes = min(LANES, injections)
    rounds = math.ceil(injections / lanes)

    async def live(number: int) -> None:
        await asyncio.sleep(number * 1.7)  # not all of them at one moment
        with exchange(folder / f"hlsim{number}.log") as url:
            async with running_lane(folder / f"lane{number}", url) as lane:
                await suffer(lane, took, rounds)

    async with asyncio.TaskGroup() as group:
        for number in range(lanes):
            group.create_task(live(number))


@contextmanager
def exchange(log_file: Path) -> Iterator[str]:
    """An hlsim with its limiter on; each lane is an address of its own."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "hlsim.cli", "serve", "--market", "synthetic"),
        *("--port", str(port), "--seed", "7", "--symbols", "30"),
    ]
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


async def taken_over(folder: Path, groups: int, took: Took) -> None:
    """One process holds an entry of every group when it is killed."""
    server = ValkeyServer(folder / "valkey")
    server.start()
    publisher = made_publisher(server.port)
    await publisher.publish([envelope(1)])
    command = [sys.executable, __file__, "--doomed", str(server.port), str(groups)]
    doomed = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    assert doomed.stdout is not None
    await doomed.stdout.readline()  # it holds all of them
    done: dict[int, float] = {}
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(survive(server.port, number, groups, done))
            for number in range(groups)
        ]
        await asyncio.sleep(0)
        doomed.kill()
        began = time.monotonic()
        await until(lambda: len(done) == groups)
        for task in tasks:
            task.cancel()
    await doomed.wait()
    await publisher.close()
    server.kill()
    never = math.inf
    took[TAKEN_OVER] += [done.get(number, never) - began for number in range(groups)]


async def survive(port: int, number: int, groups: int, done: dict[int, float]) -> None:
    """Joins at a moment of its own, so that it looks at moments of its own."""
    await asyncio.sleep(5.0 * number / groups)

    async def handle(_: Sequence[Envelope]) -> None:
        done[number] = time.monotonic()

    await member(port, number, "survivor").run(handle)


def member(port: int, number: int, name: str) -> RedisConsumer:
    return RedisConsumer(
        address=at(port),
        stream=STREAM,
        group=f"g{number}",
        consumer=name,
        clock=SystemClock(),
    )


async def doomed(port: int, groups: int) -> None:
    """Members that read an entry each and never finish it."""
    holding = 0

    async def hold(_: Sequence[Envelope]) -> None:
        nonlocal holding
        holding += 1
        if holding == groups:
            print("holding", flush=True)
        await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        for number in range(groups):
            group.create_task(member(port, number, "doomed").run(hold))


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def told(took: Took) -> bool:
    """Print the table; whether the targets are met."""
    print("| after | times | median / p99 / worst s | target |")
    print("|---|---|---|---|")
    is_met = True
    for what, target in TARGETS.items():
        values = took[what]
        shares = (percentile(values, share) for share in (0.5, 0.99, 1.0))
        cell = " / ".join(f"{one:.1f}" for one in shares)
        print(f"| {what} | {len(values)} | {cell} | {target:.0f} s |")
        is_met = is_met and max(values) <= target
    return is_met


async def main(injections: int) -> bool:
    took: Took = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)  # no configuration of this folder is meant
        await taken_over(Path(name), injections, took)
        await in_lanes(Path(name), injections, took)
        os.chdir("/")
    return told(took)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--injections", type=int, default=50)
    parser.add_argument("--loose", action="store_true")
    parser.add_argument("--doomed", type=int, nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    if chosen.doomed:
        asyncio.run(doomed(*chosen.doomed))
    else:
        # As Ctrl-C does: what was started is ended as well.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        began = time.monotonic()
        is_good = asyncio.run(main(chosen.injections))
        print(f"{time.monotonic() - began:.0f} s in all")
        raise SystemExit(0 if is_good or chosen.loose else 1)
