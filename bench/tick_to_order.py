"""From a tick received to the order on the wire: an embedded run, beside its floor.

    python bench/tick_to_order.py [--orders 200] [--loose]

The floor is the same hops by bare code (bare_chain.py), on the same simulated exchange
and machine; it runs first.

A strategy of a package of its own turns a position with the mid price; a gate on the
way to the simulated exchange notes when the bytes of each order arrive. The time of a
tick is when its frame was received, to the millisecond and rounded down, so each figure
is up to a millisecond too long.
"""

import argparse
import asyncio
import os
import re
import secrets
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import bare_chain

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.demonstration import COMMAND, Demo
from tests.servers import free_port, wait_until
from threet.adapters.hyperliquid.signing import Signer
from threet.bootstrap.embedded import DEMO_ADDRESS
from threet.model.intents import cloid_of

TARGET_P50_MS, TARGET_P99_MS = 5.0, 25.0
LONGEST_SECS = 240.0
_CLOID = re.compile(rb'"c":"(0x[0-9a-f]{32})"')
STRATEGY = '''
"""Turns its position with the price, at most every half second."""

from decimal import Decimal

from threet.model.candles import Timeframe
from threet.model.targets import Measure, Target
from threet.strategies.strategy import Needs, Strategy, Wish, hold


class Flip(Strategy, frozen=True, kw_only=True):
    symbol: str = "SOL"

    def needs(self):
        return Needs(symbols=[self.symbol], timeframes=[Timeframe.M1], bars=1)

    def on_candle(self, view, candle):
        return hold("follows prices")

    def on_price(self, view, symbol):
        last = int(view.memory.get("last", 0))
        held = view.position(symbol)
        wanted = Decimal(str(view.memory.get("wanted", "0")))
        if view.now_ms - last < 500 or held is None or held != wanted:
            return None
        wanted = Decimal(0) if wanted else Decimal("0.5")
        view.memory["last"], view.memory["wanted"] = view.now_ms, str(wanted)
        target = Target(symbol=symbol, amount=wanted, measure=Measure.QUANTITY)
        return Wish(targets=[target], because="a price moved")
'''


class Gate:
    """Passes bytes to the exchange; notes when those of an order arrived."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.arrived_ns: dict[str, int] = {}

    @asynccontextmanager
    async def served(self, port: int) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._passing, "127.0.0.1", port)
        try:
            yield
        finally:
            server.close()

    async def _passing(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        onward, back = await asyncio.open_connection("127.0.0.1", self._port)
        await asyncio.gather(
            self._copy(reader, back, is_watched=True),
            self._copy(onward, writer, is_watched=False),
            return_exceptions=True,
        )

    async def _copy(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        is_watched: bool,
    ) -> None:
        while chunk := await reader.read(65_536):
            if is_watched:
                now_ns = time.time_ns()
                for found in _CLOID.findall(chunk):
                    self.arrived_ns.setdefault(found.decode(), now_ns)
            writer.write(chunk)
            await writer.drain()
        writer.close()


class Up(Demo):
    def command(self) -> list[str]:
        return [*COMMAND, "up", "--network", "simulator", *self.options]


def package(folder: Path) -> Path:
    """The strategy as another package brings it: found by its entry point."""
    place = folder / "package"
    info = place / "flip-1.0.dist-info"
    info.mkdir(parents=True)
    (place / "flip.py").write_text(STRATEGY)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: flip\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[threet.strategies]\nflip = flip:Flip\n")
    return place


def environment(folder: Path, gate: int, exchange: int, key: str) -> dict[str, str]:
    paths = [str(package(folder)), *filter(None, [os.environ.get("PYTHONPATH")])]
    prefix = "THREET_EXCHANGES__HYPERLIQUID__"
    return {
        "PYTHONPATH": os.pathsep.join(paths),
        f"{prefix}REST_URL": f"http://127.0.0.1:{gate}",
        f"{prefix}WEBSOCKET_URL": f"ws://127.0.0.1:{exchange}/ws",
        f"{prefix}WALLET_ADDRESS": DEMO_ADDRESS,
        f"{prefix}PRIVATE_KEY": key,
        "THREET_STRATEGIES": '[{"name": "flip", "strategy": "flip"}]',
        "THREET_MARKET_DATA__TIMEFRAMES": '["1m"]',
        "THREET_RISK__MOST_ORDERS_A_MINUTE": "1000",
        "THREET_RISK__MOST_DAY_NOTIONAL": "100000000",
    }


def exchange(port: int, agent: str) -> subprocess.Popen[bytes]:
    command = [
        *(sys.executable, "-m", "hlsim.cli", "serve", "--market", "synthetic"),
        *("--port", str(port), "--symbols", "40", "--account"),
        *(f"{DEMO_ADDRESS}=100000", "--agent", f"{DEMO_ADDRESS}={agent}"),
        *("--address-allowance", "0"),
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def delays_ms(demo: Demo, gate: Gate) -> list[float]:
    """Of the first order of each decision that a price brought about."""
    file = demo.folder / "simulator" / "threet.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as opened:
        ids = [one for (one,) in opened.execute("SELECT decision_id FROM decisions")]
    found = []
    for decision_id in ids:
        event = decision_id.rpartition("/")[2].split(" ")
        arrived_ns = gate.arrived_ns.get(cloid_of(f"{decision_id}/SOL/0"))
        if event[0] == "price" and arrived_ns is not None:
            found.append(arrived_ns / 1e6 - int(event[2]))
    return found


async def ours(
    folder: Path, gate: Gate, environment: dict[str, str], orders: int
) -> list[float]:
    demo = Up(folder, environment=environment)
    try:
        demo.start()
        await told(gate, orders)
        return delays_ms(demo, gate)
    finally:
        await asyncio.to_thread(demo.stop)


async def told(gate: Gate, orders: int) -> None:
    async with asyncio.timeout(LONGEST_SECS):
        while len(gate.arrived_ns) < orders:  # noqa: ASYNC110  # by other processes
            await asyncio.sleep(0.5)


async def measured(folder: Path, orders: int) -> tuple[list[float], list[float]]:
    """The floor's and ours, on one simulated exchange, one after the other."""
    port, gate_port, key = free_port(), free_port(), "0x" + secrets.token_hex(32)
    floor_gate, gate = Gate(port), Gate(port)
    venue = exchange(port, Signer(key, "b").address)
    try:
        wait_until(lambda: is_open(port), "the simulated exchange")
        async with floor_gate.served(gate_port):
            with bare_chain.running(folder, port, gate_port, key):
                await told(floor_gate, orders)
        floor = [
            arrived_ns / 1e6 - bare_chain.received_ms(cloid)
            for cloid, arrived_ns in floor_gate.arrived_ns.items()
        ]
        async with gate.served(gate_port):
            mine = environment(folder, gate_port, port, key)
            return floor, await ours(folder, gate, mine, orders)
    finally:
        venue.kill()
        venue.wait()


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--loose", action="store_true", help="tell, and exit with 0")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        floor, found = asyncio.run(measured(Path(folder), given.orders))
    # The first orders pay for connections and first looks; they are told as well.
    base, _ = tell("bare chain", floor)
    p50, p99 = tell("3T", found)
    print(f"p50 is {p50 / base:.1f}x the floor's")
    is_met = p50 < TARGET_P50_MS and p99 < TARGET_P99_MS
    word = "met" if is_met else "MISSED"
    print(f"target p50 < {TARGET_P50_MS:.0f} ms, p99 < {TARGET_P99_MS:.0f} ms: {word}")
    raise SystemExit(0 if is_met or given.loose else 1)


def tell(name: str, delays: list[float]) -> tuple[float, float]:
    p50, p99 = statistics.median(delays), statistics.quantiles(delays, n=100)[98]
    print(f"{name:10} {len(delays)} orders, p50 {p50:.2f} ms, ", end="")
    print(f"p99 {p99:.2f} ms, worst {max(delays):.2f} ms")
    return p50, p99


if __name__ == "__main__":
    main()
