"""A whole back end of real processes, and how long it takes after each kind of fault.

MariaDB, Valkey, and under a supervisor a Celery worker and two beats, by the schedules
and timers of production, against a given hlsim.
"""

import asyncio
import itertools
import json
import math
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
import redis

from tests.builders import prices
from tests.integration.streams.redis_bus import at, made_publisher
from tests.servers import MariaDbServer, ValkeyServer
from threet.adapters.processes.child import ChildSpec
from threet.adapters.processes.supervisor import Supervisor
from threet.adapters.redis_streams.consumer import RedisConsumer
from threet.adapters.redis_streams.market_sink import MarketSink
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.gap_store import SqlGapStore
from threet.adapters.sql.migrate import migrate
from threet.adapters.system_clock import SystemClock
from threet.model.candles import Timeframe
from threet.model.errors import DependencyError
from threet.model.events import Envelope
from threet.ports.gap_store import CandleGap

# As `3t up` runs its Valkey.
AOF = ("--appendonly", "yes", "--appendfsync", "everysec")
PATIENCE_SECS = 240.0
_LOOK_EVERY_SECS = 0.1
_ENOUGH_ROWS = 1000
_MINUTE = Timeframe.M1.millis
_DOWN = (redis.RedisError, pymysql.MySQLError, OSError, DependencyError)


async def until(is_so: Callable[[], bool]) -> float:
    """When it was seen to be so, and never if it takes too long; whatever is down is
    not so."""
    give_up_at = time.monotonic() + PATIENCE_SECS
    while time.monotonic() < give_up_at:
        try:
            if await asyncio.to_thread(is_so):
                return time.monotonic()
        except _DOWN:
            pass  # being mended
        await asyncio.sleep(_LOOK_EVERY_SECS)
    return math.inf


@dataclass
class Lane:
    """Each injection returns the seconds from the end of the fault, or for a beat from
    its beginning, until all is as it was."""

    folder: Path
    mariadb: MariaDbServer
    valkey: ValkeyServer
    gaps: SqlGapStore
    sink: MarketSink
    delivered_ns: int = 0

    async def warm_after_restart(self) -> float:
        """A table in memory is empty then. Of the newest 500 bars of a pair the forming
        one may be one, or not yet: as many rows less are as warm."""
        before = await asyncio.to_thread(self._hot_rows)
        before -= await asyncio.to_thread(self._hot_pairs)
        await asyncio.to_thread(self.mariadb.restart)
        began = time.monotonic()
        warm_at = await self.until(lambda: self._hot_rows() >= before, "a warm cache")
        return warm_at - began

    async def beat_replaced(self) -> float:
        killed: int = self._said("celery_beat")["pid"]
        began = time.monotonic()
        os.kill(killed, signal.SIGKILL)
        ticks = await self.until(
            lambda: self._said("celery_beat")["pid"] != killed, "another beat"
        )
        return ticks - began

    async def valkey_killed(self) -> tuple[float, float]:
        """Until prices pass through it again, and until a Celery task is consumed."""
        self.valkey.kill()
        await asyncio.to_thread(self.valkey.start)
        back, back_ns = time.monotonic(), time.time_ns()

        async def streams() -> float:
            return (
                await self.until(lambda: self.delivered_ns > back_ns, "a price") - back
            )

        async def tasks() -> float:
            def is_consumed() -> bool:
                beat_ms: int = self._said("celery_worker")["beat_ms"]
                return beat_ms * 1_000_000 > back_ns

            return await self.until(is_consumed, "a consumed task") - back

        passed, consumed = await asyncio.gather(streams(), tasks())
        return passed, consumed

    async def gap_repaired(self) -> float:
        """A stored bar is removed and its minute noted, as after an outage."""
        product, symbol, open_ms = await asyncio.to_thread(self._some_bar)
        is_bar = f"product_id = {product} AND timeframe = '1m' AND open_ms = {open_ms}"
        remove = f"DELETE FROM t.candles WHERE {is_bar}"
        await asyncio.to_thread(self.mariadb.execute, remove)
        now_ms = time.time_ns() // 1_000_000
        gap = CandleGap(
            symbol=symbol,
            timeframe=Timeframe.M1,
            start_ms=open_ms,
            end_ms=open_ms + _MINUTE,
            found_ms=now_ms,
            asked_ms=0,
        )
        began = time.monotonic()
        await asyncio.to_thread(self.gaps.note, [gap])
        noted = f"product_id = {product} AND start_ms = {open_ms}"

        def is_repaired() -> bool:
            is_stored = self._count(f"candles WHERE {is_bar}") == 1
            return is_stored and not self._count(f"candle_gaps WHERE {noted}")

        return await self.until(is_repaired, f"the minute of {symbol}") - began

    @property
    def name(self) -> str:
        return self.folder.name

    async def ready(self) -> None:
        """The cache is filled, both kinds of Celery process have spoken."""
        await self.until(lambda: self._hot_rows() >= _ENOUGH_ROWS, "a filled cache")
        await self.until(lambda: bool(self._said("celery_beat")), "a beat")

    async def until(self, is_so: Callable[[], bool], what: str) -> float:
        """Tells what its processes said if it never is so."""
        seen_at = await until(is_so)
        if seen_at == math.inf:
            print(f"{self.name}: never {what}", file=sys.stderr)
            for log in sorted(self.folder.glob("*.log")):
                said = log.read_text(errors="replace")[-1500:]
                print(f"-- {log.name}\n{said}", file=sys.stderr)
        return seen_at

    async def offer(self) -> None:
        """Prices, ten a second, until canceled."""
        for number in itertools.count(1):
            moved = prices(("BTC", str(number)), received_ns=time.time_ns())
            self.sink.offer([moved])
            await asyncio.sleep(0.1)

    async def take(self, envelopes: Sequence[Envelope]) -> None:
        self.delivered_ns = envelopes[-1].event.received_ns

    def _hot_rows(self) -> int:
        return self._count("market_data WHERE is_closed")

    def _hot_pairs(self) -> int:
        pairs = "SELECT DISTINCT product_id, timeframe FROM t.market_data"
        return len(self.mariadb.execute(pairs))

    def _count(self, rows: str) -> int:
        ((count,),) = self.mariadb.execute(f"SELECT COUNT(*) FROM t.{rows}")
        assert isinstance(count, int)
        return count

    def _some_bar(self) -> tuple[int, str, int]:
        newest_ms = time.time_ns() // 1_000_000 - 10 * _MINUTE
        (row,) = self.mariadb.execute(
            "SELECT product_id, symbol, open_ms FROM t.candles JOIN t.products "
            f"ON id = product_id WHERE timeframe = '1m' AND open_ms < {newest_ms} "
            "ORDER BY RAND() LIMIT 1"
        )
        product, symbol, open_ms = row
        assert isinstance(product, int)
        assert isinstance(open_ms, int)
        return product, str(symbol), open_ms

    def _said(self, name: str) -> dict[str, Any]:
        with redis.Redis(port=self.valkey.port, socket_timeout=2) as client:
            row = client.hget("processes:alive", name)
        said: dict[str, Any] = json.loads(row) if row else {}
        return said


@asynccontextmanager
async def running_lane(folder: Path, exchange_url: str) -> AsyncIterator[Lane]:
    mariadb = MariaDbServer(folder / "mariadb")
    valkey = ValkeyServer(folder / "valkey", *AOF)
    try:
        await asyncio.to_thread(mariadb.start)
        await asyncio.to_thread(valkey.start)
        database = Database(make_engine(mariadb.create_database("t")))
        migrate(database.engine)  # Alembic bears one thread
        clock = SystemClock()
        sink = MarketSink(
            publisher=made_publisher(valkey.port), clock=clock, run_id="lane"
        )
        lane = Lane(folder, mariadb, valkey, SqlGapStore(database), sink)
        consumer = RedisConsumer(
            address=at(valkey.port),
            stream="prices:updated",
            group="bench",
            consumer="one",
            clock=clock,
        )
        supervisor = Supervisor(
            specs=_specs(mariadb, valkey, exchange_url), log_dir=folder, clock=clock
        )
        beside = [
            asyncio.create_task(one)
            for one in (
                supervisor.run(),
                sink.run(),
                lane.offer(),
                consumer.run(lane.take),
            )
        ]
        try:
            await lane.ready()
            yield lane
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            database.close()
    finally:
        valkey.kill()
        mariadb.kill()


def _specs(
    mariadb: MariaDbServer, valkey: ValkeyServer, exchange_url: str
) -> Sequence[ChildSpec]:
    wanted = {
        "DATABASE__HOST": "127.0.0.1",
        "DATABASE__PORT": str(mariadb.port),
        "DATABASE__USER": "root",
        "DATABASE__NAME": "t",
        "REDIS__HOST": "127.0.0.1",
        "REDIS__PORT": str(valkey.port),
        "EXCHANGES__HYPERLIQUID__NETWORK": "simulator",
        "EXCHANGES__HYPERLIQUID__REST_URL": exchange_url,
        "EXCHANGES__HYPERLIQUID__WALLET_ADDRESS": "0x" + "37" * 20,
        # All six would need the request weight of five minutes before the first fault.
        "MARKET_DATA__TIMEFRAMES": '["1m"]',
    }
    environment = {f"THREET_{name}": value for name, value in wanted.items()}
    modules = {"worker": "worker", "beat": "beat", "second": "beat"}
    return [
        ChildSpec(
            name=name,
            command=(sys.executable, "-m", f"threet.celery_services.{module}"),
            environment={**environment, "PYTHONSAFEPATH": "1"},
        )
        for name, module in modules.items()
    ]
