"""Delivery under faults: nothing that is money is lost, nothing takes effect twice.

Two members of one group consume what a producer publishes through a real Valkey with an
append-only file, at a set rate. Faults take turns: a member is killed (kill -9), Valkey
is killed and restarted, a member is stopped for a while. Effects go through the inbox
of one SQLite database. Exits 1 when a target is missed.
"""

import argparse
import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.builders import envelope
from tests.integration.streams.redis_bus import at, made_publisher
from tests.servers import ValkeyServer
from threet.adapters.redis_streams.consumer import ConsumerPolicy, RedisConsumer
from threet.adapters.system_clock import SystemClock
from threet.model.errors import DependencyError
from threet.model.events import Envelope

_AOF = ("--appendonly", "yes", "--appendfsync", "always", "--save", "")
_BATCH = 500
_STREAM_LENGTH = 300_000  # a minute
_STOPPED_SECS = 3.0
_DRAIN_SECS = 300.0
_MOST_SLOPE_KB = 100.0  # a second
_STREAM = "prices:updated"


@dataclass(slots=True)
class Run:
    server: ValkeyServer
    folder: Path
    members: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    started: int = 0

    def start_member(self) -> None:
        self.started += 1
        name, port = f"m{self.started}", str(self.server.port)
        command = [sys.executable, __file__, "--member", name, port, str(self.folder)]
        self.members.append(subprocess.Popen(command))

    @property
    def applied(self) -> tuple[int, int]:
        """Different events that took effect, and effects in all."""
        with sqlite3.connect(self.folder / "effects.db", timeout=30) as database:
            row = database.execute(
                "SELECT COUNT(*), SUM(times) FROM effects"
            ).fetchone()
        return row[0], row[1] or 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rate", type=int, default=5_000)
    parser.add_argument("--fault-every", type=float, default=60)
    parser.add_argument("--member", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.member:
        name, port, folder = asked.member
        asyncio.run(_consume(name, int(port), Path(folder)))
        return
    with tempfile.TemporaryDirectory() as folder:
        server = ValkeyServer(Path(folder) / "valkey", *_AOF)
        server.start()
        run = Run(server, Path(folder))
        _make_effects(run.folder)
        try:
            is_good = asyncio.run(
                _measured(run, asked.seconds, asked.rate, asked.fault_every)
            )
        finally:
            for one in run.members:
                one.kill()
                one.wait()
            server.kill()
    sys.exit(0 if is_good else 1)


async def _consume(name: str, port: int, folder: Path) -> None:
    """A member: each batch of effects is one transaction, keyed by the events' ids."""
    database = sqlite3.connect(folder / "effects.db", timeout=30)

    async def handle(envelopes: Sequence[Envelope]) -> None:
        ids = [(one.event_id,) for one in envelopes]
        with database:
            database.execute("BEGIN IMMEDIATE")
            new = [
                one
                for one in ids
                if not database.execute(
                    "SELECT 1 FROM inbox WHERE id = ?", one
                ).fetchone()
            ]
            database.executemany("INSERT INTO inbox VALUES (?)", new)
            database.executemany(
                "INSERT INTO effects VALUES (?, 1) "
                "ON CONFLICT (id) DO UPDATE SET times = times + 1",
                new,
            )

    await RedisConsumer(
        address=at(port),
        stream=_STREAM,
        group="bench",
        consumer=name,
        clock=SystemClock(),
        policy=ConsumerPolicy(batch=_BATCH, take_over_after_secs=5, look_every_secs=1),
    ).run(handle)


def _make_effects(folder: Path) -> None:
    with sqlite3.connect(folder / "effects.db") as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE inbox (id TEXT PRIMARY KEY) WITHOUT ROWID")
        database.execute(
            "CREATE TABLE effects (id TEXT PRIMARY KEY, times INT) WITHOUT ROWID"
        )


async def _measured(run: Run, secs: float, rate: int, fault_every: float) -> bool:
    for _ in range(2):
        run.start_member()
    sizes: list[tuple[float, int]] = []
    began = time.monotonic()
    faults = asyncio.create_task(_break(run, fault_every))
    offered = await _publish(run, secs, rate, sizes)
    faults.cancel()
    await asyncio.gather(faults, return_exceptions=True)
    for one in run.members:
        one.send_signal(signal.SIGCONT)
    until = time.monotonic() + _DRAIN_SECS
    # Other processes bring it about: there is nothing to await.
    while run.applied[0] < offered and time.monotonic() < until:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    applied, effects = run.applied
    slope = _slope(sizes)
    took = time.monotonic() - began
    print(
        f"delivery: {secs:.0f} s at {rate} a second, {run.started - 2} members killed"
    )
    print(f"  offered {offered}, applied {applied}, lost {offered - applied}")
    print(f"  effects doubled {effects - applied}; all done after {took:.0f} s")
    print(f"  the producer's memory grows by {slope:.1f} kB a second")
    is_steady = len(sizes) < _SLOPE_FROM or slope < _MOST_SLOPE_KB
    return applied == offered and effects == applied and is_steady


async def _publish(
    run: Run, secs: float, rate: int, sizes: list[tuple[float, int]]
) -> int:
    """Money events: what could not be published is published again, until it is."""
    publisher = made_publisher(run.server.port, _STREAM_LENGTH)
    began, offered = time.monotonic(), 0
    while (elapsed := time.monotonic() - began) < secs:
        due = min(int(elapsed * rate), int(secs * rate)) - offered
        if due < _BATCH:
            await asyncio.sleep(0.01)
            continue
        batch = [envelope(offered + number) for number in range(1, _BATCH + 1)]
        while True:
            try:
                await publisher.publish(batch)
                break
            except DependencyError:
                await asyncio.sleep(0.1)
        offered += _BATCH
        if not sizes or elapsed - sizes[-1][0] >= 1:
            sizes.append((elapsed, _resident_kb()))
    await publisher.close()
    return offered


async def _break(run: Run, every: float) -> None:
    number = 0
    while True:
        await asyncio.sleep(every)
        number += 1
        if number % 3 == 1:
            doomed = run.members.pop(0)
            doomed.kill()
            doomed.wait()
            run.start_member()
        elif number % 3 == 2:
            run.server.kill()
            await asyncio.to_thread(run.server.start)
        else:
            run.members[0].send_signal(signal.SIGSTOP)
            await asyncio.sleep(_STOPPED_SECS)
            run.members[0].send_signal(signal.SIGCONT)


_SLOPE_FROM = 60  # samples; a shorter run only warms up


def _slope(sizes: Sequence[tuple[float, int]]) -> float:
    """By least squares over the second half."""
    half = sizes[len(sizes) // 2 :]
    if len(half) < 2:
        return 0.0
    mean_at = sum(one for one, _ in half) / len(half)
    mean_kb = sum(one for _, one in half) / len(half)
    spread = sum((one - mean_at) ** 2 for one, _ in half)
    return sum((one - mean_at) * (kb - mean_kb) for one, kb in half) / spread


def _resident_kb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


if __name__ == "__main__":
    main()
