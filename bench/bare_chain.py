"""The floor of tick_to_order.py: the same hops, by as little code as there can be.

A frame of prices, a stream, a decision committed, a stream, an intent committed that
waits for the disk, a signature, a request: three processes and nothing else. No check,
no gate, no budget, no reading of the account, no order that the exchange would take.
"""

import argparse
import asyncio
import http.client
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import aiohttp
import redis

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.servers import ValkeyServer
from threet.adapters.hyperliquid.signing import Signer

TICKS, TARGETS = "ticks", "targets"
_EVERY_NS = 500_000_000
_NEVER_TAKEN = "0.0001"
_HOUR_MS = 3_600_000


@contextmanager
def running(folder: Path, exchange: int, gate: int, key: str) -> Iterator[None]:
    """The three, until it is left. The cloid of an order is when its frame came."""
    valkey = ValkeyServer(folder / "valkey")
    valkey.start()
    file = folder / "bare.db"
    with closing(sqlite3.connect(file)) as opened:
        opened.execute("PRAGMA journal_mode=WAL")
        opened.execute("CREATE TABLE kept (what TEXT)")
    with ExitStack() as stack:
        stack.callback(valkey.kill)
        ports = [str(one) for one in (valkey.port, exchange, gate)]
        for role in ROLES:
            command = [sys.executable, __file__, role, *ports, str(file)]
            process = subprocess.Popen(command, env={**os.environ, "BENCH_KEY": key})
            stack.callback(process.wait)
            stack.callback(process.kill)
        yield


def received_ms(cloid: str) -> int:
    """As 3T tells it: to the millisecond, rounded down."""
    return int(cloid, 16) // 1_000_000


def stream(given: argparse.Namespace) -> None:
    asyncio.run(_stream(given))


async def _stream(given: argparse.Namespace) -> None:
    valkey = redis.Redis(port=given.valkey)
    question = {"method": "subscribe", "subscription": {"type": "allMids"}}
    url = f"ws://127.0.0.1:{given.exchange}/ws"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await socket.send_json(question)
        async for message in socket:
            fields = {"at": time.time_ns(), "frame": message.data}
            valkey.xadd(TICKS, fields, maxlen=1000, approximate=True)


def decide(given: argparse.Namespace) -> None:
    """At most every half second, as the strategy of the bench."""
    last_ns = 0
    with closing(_database(given.file, "NORMAL")) as database:
        for valkey, entry in _entries(given.valkey, TICKS):
            mids = json.loads(entry[b"frame"])["data"].get("mids", {})
            at_ns = int(entry[b"at"])
            if "SOL" not in mids or at_ns - last_ns < _EVERY_NS:
                continue
            last_ns = at_ns
            database.execute("INSERT INTO kept VALUES (?)", (mids["SOL"],))
            valkey.xadd(TARGETS, {"at": at_ns, "price": mids["SOL"]})


def send(given: argparse.Namespace) -> None:
    signer = Signer(os.environ["BENCH_KEY"], "b")
    exchange = http.client.HTTPConnection("127.0.0.1", given.gate)
    with closing(_database(given.file, "FULL")) as database:
        for _, entry in _entries(given.valkey, TARGETS):
            database.execute("INSERT INTO kept VALUES (?)", (entry[b"price"],))
            body = _body(signer, int(entry[b"at"]))
            headers = {"Content-Type": "application/json"}
            exchange.request("POST", "/exchange", body, headers)
            exchange.getresponse().read()


def _body(signer: Signer, at_ns: int) -> bytes:
    order = {
        **{"a": 0, "b": True, "p": _NEVER_TAKEN, "s": "1", "r": False},
        **{"t": {"limit": {"tif": "Ioc"}}, "c": f"0x{at_ns:032x}"},
    }
    action = {"type": "order", "orders": [order], "grouping": "na"}
    nonce = time.time_ns() // 1_000_000
    signed = signer.sign(action, nonce, expires_after_ms=nonce + _HOUR_MS)
    sent = {
        "action": action,
        "nonce": nonce,
        "signature": {"r": signed.r, "s": signed.s, "v": signed.v},
        "expiresAfter": nonce + _HOUR_MS,
    }
    # As tight as 3T writes it: by this the gate knows an order.
    return json.dumps(sent, separators=(",", ":")).encode()


def _entries(
    port: int, name: str
) -> Iterator[tuple["redis.Redis", dict[bytes, bytes]]]:
    valkey, after = redis.Redis(port=port), "$"
    while True:
        found = valkey.xread({name: after}, block=0)
        for entry_id, fields in found[0][1]:
            after = entry_id
            yield valkey, fields


def _database(file: Path, synchronous: str) -> sqlite3.Connection:
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute(f"PRAGMA synchronous={synchronous}")
    return database


ROLES: dict[str, Callable[[argparse.Namespace], None]] = {
    "stream": stream,
    "decide": decide,
    "send": send,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=ROLES)
    parser.add_argument("valkey", type=int)
    parser.add_argument("exchange", type=int)
    parser.add_argument("gate", type=int)
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    ROLES[given.role](given)


if __name__ == "__main__":
    main()
