"""One frame into values: the floor, the official SDK, ccxt, and us, without a socket.

    python bench/decode.py [--rounds 7]

CPU time of this process for each frame. The floor is a typed msgspec decode and the
newest value kept in a dict, without any check. The SDK and ccxt get the same bytes at
the place where their socket hands them over, with everything of theirs that follows.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable
from typing import Any

import ccxt.pro
import msgspec
from hyperliquid.websocket_manager import WebsocketManager
from samples import SYMBOLS, frames

from threet.adapters.hyperliquid.decoding import FrameDecoder
from threet.adapters.hyperliquid.frames import FRAME_DECODER

KINDS = ("allMids", "trades", "bbo", "l2Book", "candle")
NOW_NS = 1_767_225_600_000_000_000
Feed = Callable[[bytes], object]


def floor() -> Feed:
    newest: dict[type, object] = {}

    def feed(frame: bytes) -> None:
        decoded = FRAME_DECODER.decode(frame)
        newest[type(decoded)] = decoded

    return feed


def ours() -> Feed:
    decoder = FrameDecoder()
    return lambda frame: decoder.decode(frame, NOW_NS)


def sdk(kind: str) -> Feed:
    """Its callback does nothing; one subscription for each symbol, as it needs."""
    manager = WebsocketManager("http://127.0.0.1:1")
    manager.ws_ready = True
    manager.ws.send = lambda *_: None
    subscription: dict[str, Any] = {"type": kind, "interval": "1m"}
    for number in range(SYMBOLS if kind != "allMids" else 1):
        manager.subscribe({**subscription, "coin": f"COIN{number}"}, lambda _: None)
    return lambda frame: manager.on_message(None, frame.decode())


class NoClient:
    """Where ccxt leaves what it decoded."""

    def __init__(self) -> None:
        self.lastPong = 0
        self.subscriptions: dict[str, object] = {}
        self.futures: dict[str, object] = {}

    def resolve(self, result: object, message_hash: str) -> object:
        del message_hash
        return result

    def on_pong(self, message: object) -> None: ...


def ccxt_pro(kind: str) -> Feed | None:
    if kind == "bbo":
        return None  # it has no such channel
    exchange = ccxt.pro.hyperliquid()
    exchange.set_markets(
        [
            {
                "id": str(number), "baseName": f"COIN{number}", "base": f"COIN{number}",
                "symbol": f"COIN{number}/USDC:USDC", "quote": "USDC", "settle": "USDC",
                "baseId": str(number), "type": "swap", "swap": True, "contract": True,
                "linear": True, "spot": False, "info": {"name": f"COIN{number}"},
                "precision": {"amount": 0.00001, "price": 0.1}, "limits": {},
            }
            for number in range(SYMBOLS)
        ]
    )  # fmt: skip
    client = NoClient()
    handlers = {
        "trades": exchange.handle_trades,
        "l2Book": exchange.handle_order_book,
        "candle": exchange.handle_ohlcv,
        "allMids": exchange.handle_ws_tickers,
    }
    handler = handlers[kind]
    if kind == "l2Book":
        for number in range(SYMBOLS):
            symbol = f"COIN{number}/USDC:USDC"
            exchange.orderbooks[symbol] = exchange.order_book({})
    return lambda frame: handler(client, msgspec.json.decode(frame))


def cpu_us(feed: Feed, payload: list[bytes]) -> float:
    start = time.process_time_ns()
    for frame in payload:
        feed(frame)
    return (time.process_time_ns() - start) / len(payload) / 1000


def measure(kind: str, rounds: int) -> None:
    payload = frames(kind)
    makers: dict[str, Callable[[], Feed | None]] = {
        "floor": floor,
        "3T": ours,
        "SDK": lambda: sdk(kind),
        "ccxt": lambda: ccxt_pro(kind),
    }
    took: dict[str, list[float]] = {name: [] for name in makers}
    for _ in range(rounds):  # interleaved: the machine's mood is the same for all
        for name, make in makers.items():
            feed = make()
            if feed is not None:
                took[name].append(cpu_us(feed, payload))
    medians = {name: statistics.median(times) for name, times in took.items() if times}
    ours_us = medians["3T"]
    row = "  ".join(f"{name} {us:7.2f}" for name, us in medians.items())
    best_peer = min(us for name, us in medians.items() if name in ("SDK", "ccxt"))
    print(
        f"{kind:8} us/frame: {row}   "
        f"{ours_us / medians['floor']:.1f}x floor, {best_peer / ours_us:.1f}x ahead"
    )


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    for kind in KINDS:
        measure(kind, rounds)


if __name__ == "__main__":
    asyncio.run(main())
