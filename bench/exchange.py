"""hlsim's speed: in process, over HTTP, in virtual time, and to many listeners.

    python bench/exchange.py [--rounds 5] [--virtual-minutes 60] [--loose]

Floors, in the same run: a dictionary of sorted price levels without any rule for the
actions in process; a bare aiohttp server that answers a constant for those over HTTP.
Ends with 1 if a target is missed; ``--loose`` takes a fifth of each, for busy machines.
"""

import argparse
import asyncio
import os
import resource
import statistics
import subprocess
import sys
import time
from bisect import bisect_left, insort
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import aiohttp
import msgspec
from coincurve import PrivateKey

from hlsim.core.commands import CancelOrders, PlaceOrders, Statuses
from hlsim.core.orders import OrderRequest, Resting
from hlsim.server.settings import Deposit, Settings
from hlsim.virtual import VirtualExchange
from hlsim.wire.eip712 import keccak256
from hlsim.wire.signing import l1_digest

KEY = PrivateKey(keccak256(b"a bench's own key"))
USER = "0x" + keccak256(KEY.public_key.format(compressed=False)[1:])[-20:].hex()
ACTIONS = 10_000
CONNECTIONS = 16
LISTENERS = 20
WARM_UP_SECS = 5.0

ACTIONS_A_SECOND = 20_000
SIGNED_A_SECOND = 1_500
MOST_P99_MS = 20.0
TIMES_REAL = 500
MOST_GROWTH_MB = 8.0

BARE = """
from aiohttp import web
async def answer(request):
    await request.read()
    return web.Response(body=b"{}", content_type="application/json")
app = web.Application()
app.router.add_post("/exchange", answer)
web.run_app(app, host="127.0.0.1", port=0, access_log=None,
            print=lambda text: print(text, flush=True))
"""


def settings(symbols: int) -> Settings:
    funds = Deposit(address=USER, funds=Decimal(1_000_000))
    return Settings(symbols=symbols, history_days=1, accounts=(funds,))


def rest_request(venue: VirtualExchange, number: int) -> OrderRequest:
    bid, _ = venue.exchange.market.best_px(0)
    px = (bid - bid % 10 - 10 * (100 + number % 50)) * 10**7
    return OrderRequest(asset=0, is_buy=True, px_e8=px, sz_e8=10**5)


def in_process() -> float:
    """Actions a second: an order that rests, then its cancel."""
    venue = VirtualExchange(settings(20))
    began = time.perf_counter()
    for number in range(ACTIONS // 2):
        placed = venue.act(USER, PlaceOrders(orders=[rest_request(venue, number)]))
        assert isinstance(placed, Statuses)
        (outcome,) = placed.outcomes
        assert isinstance(outcome, Resting)
        venue.act(USER, CancelOrders(targets=[(0, outcome.oid)]))
    return ACTIONS / (time.perf_counter() - began)


def bare_book() -> float:
    """The floor: levels by price, orders by id, no account and no rule."""
    keys: list[int] = []
    levels: dict[int, dict[int, int]] = {}
    began = time.perf_counter()
    for number in range(ACTIONS // 2):
        px = 1_000_000 - 10 * (number % 50)
        if px not in levels:
            insort(keys, px)
            levels[px] = {}
        levels[px][number] = 100
        del levels[px][number]
        if not levels[px]:
            del levels[px]
            del keys[bisect_left(keys, px)]
    return ACTIONS / (time.perf_counter() - began)


def virtual_time(minutes: int) -> tuple[float, float]:
    """Times real time with 20 symbols, and how many MB the process grew by."""
    venue = VirtualExchange(settings(20))
    venue.advance(5 * 60_000)
    before = rss_mb()
    began = time.perf_counter()
    for number in range(minutes):
        placed = venue.act(USER, PlaceOrders(orders=[rest_request(venue, number)]))
        assert isinstance(placed, Statuses)
        venue.advance(60_000)
    passed = time.perf_counter() - began
    return minutes * 60 / passed, rss_mb() - before


def rss_mb() -> float:
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * resource.getpagesize() / 2**20


def bodies(count: int) -> list[bytes]:
    """Signed orders that rest far from the market, each with its own nonce."""
    first = time.time_ns() // 1_000_000
    made = []
    for number in range(count):
        order = {"a": 0, "b": True, "p": str(60_000 + number % 50), "s": "0.001"}
        order |= {"r": False, "t": {"limit": {"tif": "Alo"}}}
        cancel_oid = {"a": 0, "o": 77_000_000_000 + number // 2}
        action: dict[str, object] = (
            {"type": "cancel", "cancels": [cancel_oid]}
            if number % 2
            else {"type": "order", "orders": [order], "grouping": "na"}
        )
        nonce = first + number
        digest = l1_digest(action, nonce, None, None, "b")
        raw = KEY.sign_recoverable(digest, hasher=None)
        signature = {"r": "0x" + raw[:32].hex(), "s": "0x" + raw[32:64].hex()}
        signature |= {"v": 27 + raw[64]}
        body = {"action": action, "nonce": nonce, "signature": signature}
        made.append(msgspec.json.encode(body))
    return made


async def posted(url: str, made: list[bytes]) -> tuple[float, float, float]:
    """Post all over a few connections; returns a rate, p50 and p99 in ms."""
    delays: list[float] = []
    waiting = iter(made)
    header = {"Content-Type": "application/json"}

    async def one_connection(session: aiohttp.ClientSession) -> None:
        for body in waiting:
            began = time.perf_counter()
            async with session.post(url, data=body, headers=header) as answer:
                assert answer.status == 200, await answer.text()
                await answer.read()
            delays.append(1000 * (time.perf_counter() - began))

    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session:
        began = time.perf_counter()
        await asyncio.gather(*(one_connection(session) for _ in range(CONNECTIONS)))
        passed = time.perf_counter() - began
    delays.sort()
    p99 = delays[int(0.99 * len(delays))]
    return len(made) / passed, statistics.median(delays), p99


class Served:
    """A server as a process of its own; its first line names its address."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command], stdout=subprocess.PIPE, text=True
        )

    def url(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            for word in line.split():
                if word.startswith("http://"):
                    return word.rstrip(").")
        raise RuntimeError("the server did not start")

    def __enter__(self) -> str:
        return self.url()

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(20)


def hlsim(*options: str) -> Served:
    return Served(
        *("-m", "hlsim.cli", "serve", "--port", "0", "--history-days", "1"),
        *("--account", f"{USER}=1000000", "--ip-weight", "0"),
        *("--ws-connections", "0", "--ws-subscriptions", "0", "--ws-messages", "0"),
        *("--address-allowance", "0", *options),
    )


async def listened(url: str, symbols: int, seconds: float) -> tuple[int, float, float]:
    """Listen 20 times over; returns frames, p99 lateness in ms, connections left."""
    frames = 0
    late: list[float] = []

    async def listen(session: aiohttp.ClientSession, first: bool) -> bool:
        nonlocal frames
        async with session.ws_connect(f"ws{url[4:]}/ws") as socket:
            for coin in coins:
                for kind in ("trades", "bbo"):
                    topic = {"type": kind, "coin": coin}
                    asked = {"method": "subscribe", "subscription": topic}
                    await socket.send_json(asked)
            until = time.monotonic() + WARM_UP_SECS + seconds
            while (now := time.monotonic()) < until:
                message = await socket.receive(timeout=10)
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return False
                if now < until - seconds:
                    continue
                frames += 1
                if first and '"bbo"' in message.data[:20]:
                    frame = msgspec.json.decode(message.data)
                    late.append(time.time() * 1000 - frame["data"]["time"])
            return True

    async with aiohttp.ClientSession() as session:
        async with session.post(url + "/info", json={"type": "allMids"}) as answer:
            coins = list(await answer.json())
        kept = await asyncio.gather(
            *(listen(session, number == 0) for number in range(LISTENERS))
        )
    late.sort()
    return frames, late[int(0.99 * len(late))], sum(kept)


def median_of(rounds: int, measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(rounds))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--virtual-minutes", type=int, default=60)
    parser.add_argument("--loose", action="store_true")
    options = parser.parse_args()
    share = 0.2 if options.loose else 1.0
    missed: list[str] = []

    def judge(name: str, holds: bool) -> None:
        if not holds:
            missed.append(name)

    floor, ours = (
        median_of(options.rounds, bare_book),
        median_of(options.rounds, in_process),
    )
    print(f"order and cancel in process: {ours:,.0f}/s; bare book {floor:,.0f}/s")
    judge("actions in process", ours >= share * ACTIONS_A_SECOND)

    times, grown = virtual_time(options.virtual_minutes)
    print(
        f"virtual time, 20 symbols, {options.virtual_minutes} min: {times:,.0f}x real;"
        f" grew by {grown:.1f} MB"
    )
    judge("virtual time", times >= share * TIMES_REAL)
    judge("memory", grown <= MOST_GROWTH_MB)

    with Served("-c", BARE) as bare:
        base, b50, b99 = asyncio.run(posted(f"{bare}/exchange", bodies(3000)))
    with hlsim("--symbols", "20") as url:
        rate, p50, p99 = asyncio.run(posted(f"{url}/exchange", bodies(6000)))
    print(f"bare aiohttp: {base:,.0f}/s, p50 {b50:.1f} ms, p99 {b99:.1f} ms")
    print(
        f"signed actions over HTTP: {rate:,.0f}/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms;"
        f" {rate / base:.2f} of the bare server"
    )
    judge("signed actions", rate >= share * SIGNED_A_SECOND)
    judge("p99 of signed actions", share * p99 <= MOST_P99_MS)

    with hlsim("--symbols", "230") as url:
        frames, late, kept = asyncio.run(listened(url, 230, options.seconds))
    print(
        f"230 symbols to {LISTENERS} listeners: {frames / options.seconds:,.0f} frames"
        f"/s in all, p99 {late:.0f} ms after the block, {kept} of {LISTENERS} kept up"
    )
    judge("listeners", kept == LISTENERS and share * late <= 1000)
    print("missed: " + ", ".join(missed) if missed else "all targets are met")
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
