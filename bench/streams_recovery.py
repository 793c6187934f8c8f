"""Faults of a stream, in real time: how soon each is noticed, and prices fresh again.

    python bench/streams_recovery.py [--lanes 17] [--rounds 3] [--loose]

Each lane is an hlsim and a feed of three symbols, over real sockets; lanes suffer at
the same time, at different moments. A round closes the connection, opens it half, and
silences one symbol on the live socket. Seconds of the wall, nothing is sped up:

noticed   from the fault until the feed says so (its figures)
fresh     from there until a new quote was delivered; for the silent symbol, from when
          it may speak again

Ends with 1 if a half-open connection took longer than 15 s to be noticed, or a fresh
price longer than 5 s (p99); with --loose figures do not matter.
"""

import argparse
import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from hlsim.faults.kinds import Close, HalfOpen, Silence
from hlsim.faults.plan import Fault
from hlsim.server.running import Server, running
from hlsim.server.settings import Settings
from threet.adapters.hyperliquid.websocket import HyperliquidFeed
from threet.adapters.system_clock import SystemClock
from threet.model.candles import Timeframe
from threet.model.events import Event, PricesUpdated
from threet.model.prices import PriceKind
from threet.ports.market_feed import Interests
from threet.resilience.backoff import Backoff

SYMBOLS = ("BTC", "ETH", "SOL")
MOST_NOTICED_SECS, MOST_FRESH_SECS = 15.0, 5.0
# Messages until the rhythm of a symbol is believed, and some time between faults.
SETTLE_SECS = 6.0
PATIENCE_SECS = 120.0


@dataclass
class Lane:
    number: int
    server: Server
    feed: HyperliquidFeed
    quoted_at: float = 0.0

    def deliver(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, PricesUpdated) and _quotes(event, "BTC"):
                self.quoted_at = time.monotonic()

    def inject(self, fault: Fault) -> int:
        faults = self.server.faults
        assert faults is not None
        armed = faults.injector.add(fault, faults.clock.now_ms())
        faults.events.carry_out_due()
        return armed.number

    def lift(self, number: int) -> None:
        faults = self.server.faults
        assert faults is not None
        armed = faults.injector.remove(number)
        assert armed is not None
        faults.events.lift(armed)

    async def healthy(self) -> None:
        def is_healthy() -> bool:
            now = self.feed.statistics()
            is_complete = now.acknowledged == now.subscriptions > 0
            return now.is_connected and is_complete and not now.silent

        await until(is_healthy)

    async def fresh(self, since: float) -> float:
        await until(lambda: self.quoted_at > since)
        return self.quoted_at - since


Took = dict[str, list[tuple[float, float]]]


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECS):
        while not is_so():  # noqa: ASYNC110  # what changes is not ours to signal
            await asyncio.sleep(0.01)


def _quotes(event: PricesUpdated, symbol: str) -> bool:
    key = (symbol, PriceKind.BID)
    changed = any((one.symbol, one.kind) == key for one in event.changes)
    return changed or key in event.confirmed


async def suffer(lane: Lane, kind: str, fault: Fault) -> tuple[float, float]:
    """Inject a fault that ends the connection; noticed and fresh, in seconds."""
    await lane.healthy()
    before = lane.feed.statistics().reconnects
    began = time.monotonic()
    lane.inject(fault)
    await until(lambda: lane.feed.statistics().reconnects > before)
    noticed_at = time.monotonic()
    if kind == "half-open":
        assert "half_open" in lane.feed.statistics().losses
    return noticed_at - began, await lane.fresh(noticed_at)


async def silence(lane: Lane) -> tuple[float, float]:
    await lane.healthy()
    await asyncio.sleep(SETTLE_SECS)
    began = time.monotonic()
    number = lane.inject(Silence(channels=("bbo",), coins=("BTC",)))
    await until(lambda: lane.feed.statistics().stale_symbols > 0)
    noticed_at = time.monotonic()
    lane.lift(number)
    return noticed_at - began, await lane.fresh(noticed_at)


async def live_lane(number: int, rounds: int, took: Took) -> None:
    settings = Settings(symbols=3, history_days=0, control_port=0, seed=number)
    clock = SystemClock()
    async with running(settings) as server:
        feed = HyperliquidFeed(
            url=server.ws_url, clock=clock, backoff=Backoff(seed=number), shards=1
        )
        lane = Lane(number, server, feed)
        interests = Interests(symbols=SYMBOLS, candles=(Timeframe.M1,), books=("BTC",))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(feed.run(interests, lane.deliver))
            await asyncio.sleep(number * 0.37)  # not all lanes at one moment
            for _ in range(rounds):
                took["close"].append(await suffer(lane, "close", Close()))
                took["half-open"].append(await suffer(lane, "half-open", HalfOpen()))
                took["silent symbol"].append(await silence(lane))
            task.cancel()


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def told(took: Took) -> bool:
    """Print the table; whether the targets are met."""
    print("| fault | times | noticed p50 / p99 / worst s | fresh p50 / p99 / worst s |")
    print("|---|---|---|---|")
    is_met = True
    for kind, pairs in took.items():
        cells = []
        for values in zip(*pairs, strict=True):
            shares = (percentile(values, share) for share in (0.5, 0.99, 1.0))
            cells.append(" / ".join(f"{one:.2f}" for one in shares))
        print(f"| {kind} | {len(pairs)} | {cells[0]} | {cells[1]} |")
        noticed, fresh = ([pair[at] for pair in pairs] for at in (0, 1))
        is_met = is_met and percentile(fresh, 0.99) <= MOST_FRESH_SECS
        if kind == "half-open":
            is_met = is_met and max(noticed) <= MOST_NOTICED_SECS
    return is_met


async def main(lanes: int, rounds: int) -> bool:
    took: Took = defaultdict(list)
    async with asyncio.TaskGroup() as group:
        for number in range(lanes):
            group.create_task(live_lane(number, rounds, took))
    return told(took)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--lanes", type=int, default=17)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--loose", action="store_true")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    is_met = asyncio.run(main(chosen.lanes, chosen.rounds))
    raise SystemExit(0 if is_met or chosen.loose else 1)
