"""Celery's pools on our real app: how many tasks a second, and how late an idle one is.

Usage: python bench/celery_pools.py [--tasks 2000] [--rounds 3] [--nap 0.05]
For each pool: a private Valkey, and a worker process of our own `make_app` with a task
that naps, as one that waits for the exchange, and notes its delay in a Redis list.
Prints medians of the rounds. The publisher shares the cores with the worker, so these
are rates of the whole.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import redis
from celery import Celery, signals

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.servers import ValkeyServer
from threet.bootstrap import CelerySettings
from threet.celery_services.app import make_app
from threet.celery_services.worker import make_worker

POOLS = ("solo", "threads", "prefork", "eventlet")
CONCURRENCY = 10
DELAYS = "delays"


def app_of(url: str, pool: str) -> tuple[Celery, CelerySettings]:
    settings = CelerySettings(
        broker_url=url,
        schedules={},
        pool=pool,
        autoscale=(CONCURRENCY, CONCURRENCY),
        log_level="ERROR",
    )
    app = make_app(settings, NotImplemented)
    signals.task_postrun.disconnect(dispatch_uid="threet-beat")  # it has no parts
    client = redis.Redis.from_url(url, db=2)

    @app.task(name="note", shared=False)
    def note(sent_ns: int, nap: float) -> None:
        if nap:
            time.sleep(nap)
        client.rpush(DELAYS, time.time_ns() - sent_ns)

    return app, settings


def wait_for(client: redis.Redis, count: int, secs: float = 120) -> None:
    end = time.time() + secs
    while client.llen(DELAYS) < count and time.time() < end:
        time.sleep(0.002)


def measure(url: str, tasks: int, nap: float) -> tuple[float, float, float]:
    """Tasks a second; median and 99th percentile of the idle delay in ms."""
    app, _ = app_of(url, "threads")
    note: Any = app.tasks["note"]
    client = redis.Redis.from_url(url, db=2)
    with app.producer_pool.acquire(block=True) as producer:
        for _ in range(20):
            note.apply_async((time.time_ns(), 0), producer=producer)
        wait_for(client, 20)
        client.delete(DELAYS)
        for _ in range(100):
            note.apply_async((time.time_ns(), 0), producer=producer)
            time.sleep(0.01)
        wait_for(client, 100)
        delays = sorted(int(one) / 1e6 for one in client.lrange(DELAYS, 0, -1))
        client.delete(DELAYS)
        start = time.perf_counter()
        for _ in range(tasks):
            note.apply_async((time.time_ns(), nap), producer=producer)
        wait_for(client, tasks)
        rate = client.llen(DELAYS) / (time.perf_counter() - start)
    return rate, delays[len(delays) // 2], delays[int(len(delays) * 0.99)]


def one_pool(pool: str, folder: Path, tasks: int, nap: float) -> tuple[float, ...]:
    server = ValkeyServer(folder / f"{pool}-{time.time_ns()}")
    server.start()
    patch = "import eventlet; eventlet.monkey_patch(os=False); "
    patch = patch if pool == "eventlet" else ""
    code = (
        f"{patch}import sys, runpy; "
        f"sys.argv = ['x', '--worker', {server.url!r}, {pool!r}]; "
        f"runpy.run_path({__file__!r}, run_name='__main__')"
    )
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment)
    try:
        return measure(server.url, tasks, nap)
    finally:
        process.terminate()
        process.wait(30)
        server.kill()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--nap", type=float, default=0.0, help="seconds")
    parser.add_argument("--pools", nargs="+", default=POOLS)
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        make_worker(*app_of(*arguments.worker)).start()
        return
    results: dict[str, list[tuple[float, ...]]] = {pool: [] for pool in arguments.pools}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(arguments.rounds):
            for pool in arguments.pools:
                row = one_pool(pool, Path(folder), arguments.tasks, arguments.nap)
                results[pool].append(row)
    print(f"concurrency {CONCURRENCY}, nap {arguments.nap} s, load {os.getloadavg()}")
    for pool, rows in results.items():
        rate, middle, late = map(statistics.median, zip(*rows, strict=True))
        print(
            f"{pool:9s}{rate:6.0f} tasks/s, idle p50 {middle:5.1f} p99 {late:5.1f} ms"
        )


if __name__ == "__main__":
    main()
