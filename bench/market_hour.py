"""An hour of a thousand symbols, in virtual time, through the whole way of a price.

    python bench/market_hour.py [--minutes 60] [--symbols 1000] [--kill-every 10]

hlsim lives the time as fast as it can; its frames are decoded as from a socket, written
by the producer's sink to a real Valkey with an append-only file, and read by consumer
groups. Valkey is killed (kill -9) and started again every so many virtual minutes.
Every trade the exchange made must arrive, once; the newest prices must be its own.
Exits 1 if not, or if memory grows by more than 1 MB a minute in the second half.
"""

import argparse
import asyncio
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hlsim.core.exchange import Happened
from hlsim.server.settings import Settings
from hlsim.virtual import VirtualExchange
from hlsim.wire import subscriptions as subs
from hlsim.wire.channels import trades_frame
from hlsim.wire.user_channels import said
from tests.integration.streams.redis_bus import at
from tests.servers import ValkeyServer
from threet.adapters.hyperliquid.decoding import FrameDecoder, Refusal
from threet.adapters.redis_streams.consumer import RedisConsumer
from threet.adapters.redis_streams.market_sink import MarketSink
from threet.adapters.redis_streams.publisher import RedisPublisher
from threet.adapters.system_clock import SystemClock
from threet.market_data.newest_prices import NewestPrices
from threet.model.events import Envelope, PricesUpdated, TradesPrinted
from threet.model.prices import PriceKind

# By the second, a slow disk could lose what was acknowledged in the last two.
_AOF = ("--appendonly", "yes", "--appendfsync", "always", "--save", "")
_LENGTHS = dict.fromkeys(
    ("prices:updated", "trades:printed", "candles:formed", "candles:closed"), 200_000
)
# The hour goes by faster than it is: it waits where a real one would not.
_MOST_WAITING = 5_000
_MOST_GROWTH_MB = 1.0
_MINUTE_MS = 60_000
_DRAIN_SECS = 300.0


@dataclass(slots=True)
class Seen:
    # What the exchange made and nobody has seen yet: no longer than what is under way,
    # so that the memory measured is that of 3T and of hlsim.
    expected: set[tuple[str, int]] = field(default_factory=set)
    trades: int = 0
    doubled: int = 0
    newest: NewestPrices = field(default_factory=NewestPrices)
    events: int = 0
    repeated: int = 0
    _known: bytearray = field(default_factory=bytearray)

    async def handle(self, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            event = envelope.event
            if not self._is_new(int(envelope.event_id.rpartition("-")[2])):
                self.repeated += 1
            elif isinstance(event, TradesPrinted):
                for one in event.trades:
                    self._saw((one.symbol, one.trade_id))
            elif isinstance(event, PricesUpdated):
                self.newest.apply(event)

    def _saw(self, trade: tuple[str, int]) -> None:
        self.trades += 1
        if trade in self.expected:
            self.expected.remove(trade)
        else:
            self.doubled += 1

    def _is_new(self, number: int) -> bool:
        """Remembers, as every consumer must: delivery is at least once."""
        if number >= len(self._known):
            self._known.extend(bytes(number + 100_000 - len(self._known)))
        if self._known[number]:
            return False
        self._known[number] = 1
        self.events += 1
        return True


@dataclass(slots=True)
class Hour:
    """What the exchange did, and what 3T made of it."""

    venue: VirtualExchange
    sink: MarketSink
    seen: Seen
    clock: SystemClock
    decoder: FrameDecoder = field(default_factory=FrameDecoder)
    made: int = 0
    frames: int = 0
    refused: int = 0

    def live(self, ms: int) -> None:
        for one in self.venue.lived(ms):
            for frame in self._frames(one):
                self._take(frame, one.changes.time_ms)
        frame = said(subs.AllMids(), self.venue.exchange, self.venue.now_ms)
        if frame is not None:
            self._take(frame, self.venue.now_ms)

    def _take(self, frame: bytes, now_ms: int) -> None:
        self.frames += 1
        events = []
        for result in self.decoder.decode(frame, now_ms * 1_000_000):
            if isinstance(result, Refusal):
                self.refused += 1
            else:
                events.append(result)
        self.sink.offer(events)  # type: ignore[arg-type]  # no control frame is made

    def _frames(self, one: Happened) -> Iterator[bytes]:
        exchange, changes = self.venue.exchange, one.changes
        for asset, trades in changes.trades:
            coin = exchange.universe[asset].name
            self.made += len(trades)
            self.seen.expected.update((coin, trade.tid) for trade in trades)
            yield trades_frame(exchange, asset, trades)
            candle = said(subs.Candles(coin, "1m"), exchange, changes.time_ms)
            if candle is not None:
                yield candle
        for asset in changes.quoted:
            coin = exchange.universe[asset].name
            quote = said(subs.Bbo(coin), exchange, changes.time_ms)
            if quote is not None:
                yield quote


async def _run(options: argparse.Namespace, server: ValkeyServer) -> bool:
    settings = Settings(symbols=options.symbols, history_days=1)
    clock, seen = SystemClock(), Seen()
    address = at(server.port)
    sink = MarketSink(
        publisher=RedisPublisher(address, _LENGTHS), clock=clock, run_id="hour"
    )
    hour = Hour(VirtualExchange(settings), sink, seen, clock)
    consumers = [
        RedisConsumer(
            address=address, stream=stream, group="bench", consumer="one", clock=clock
        )
        for stream in _LENGTHS
    ]
    writing = asyncio.create_task(sink.run())
    reading = [asyncio.create_task(one.run(seen.handle)) for one in consumers]
    began = time.perf_counter()
    sizes = [await _minute(hour, n, options, server) for n in range(options.minutes)]
    until = clock.monotonic() + _DRAIN_SECS
    while seen.events < sink.statistics().offered and clock.monotonic() < until:
        await clock.sleep(0.1)
    for one in consumers:
        one.stop()
    await asyncio.gather(*reading)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    lost = sum(one.statistics().lost for one in consumers)
    return _report(hour, seen, sizes, time.perf_counter() - began, lost)


async def _minute(
    hour: Hour, number: int, options: argparse.Namespace, server: ValkeyServer
) -> float:
    if options.kill_every and number % options.kill_every == options.kill_every - 1:
        server.kill()
        await asyncio.to_thread(server.start)
    for _ in range(_MINUTE_MS // 250):
        hour.live(250)
        await asyncio.sleep(0)
        while hour.sink.statistics().waiting > _MOST_WAITING:
            await hour.clock.sleep(0.005)
    return _resident_mb()


def _report(
    hour: Hour, seen: Seen, sizes: Sequence[float], took: float, lost: int
) -> bool:
    figures = hour.sink.statistics()
    missing, doubled = len(seen.expected), seen.doubled
    wrong = _wrong_mids(hour, seen)
    half = sizes[len(sizes) // 2 :]
    growth = (half[-1] - half[0]) / max(len(half) - 1, 1)
    speed = len(sizes) * 60 / took
    print(f"{len(sizes)} minutes in {took:.0f} s: {speed:.1f} x real time")
    print(f"  frames {hour.frames}, refused {hour.refused}; {hour.frames / took:.0f}/s")
    print(
        f"  events offered {figures.offered}, applied {seen.events}, delivered again"
        f" {seen.repeated}, dropped {figures.dropped}, lost {lost}"
    )
    print(f"  trades made {hour.made}, missing {missing}, doubled {doubled}")
    print(f"  mid prices other than the exchange's: {wrong}")
    print(f"  memory at the end {sizes[-1]:.0f} MB, {growth:+.2f} MB a virtual minute")
    unapplied = figures.offered - seen.events
    is_good = not (missing or doubled or wrong or lost or unapplied)
    return is_good and hour.refused == 0 and growth < _MOST_GROWTH_MB


def _wrong_mids(hour: Hour, seen: Seen) -> int:
    """By the exchange's own answer, compared as the text it sends."""
    mids: dict[str, str] = hour.venue.info({"type": "allMids"})
    known = {
        one.symbol: format(one.price, "f")
        for one in seen.newest.all()
        if one.kind is PriceKind.MID
    }
    return sum(known.get(coin) != text for coin, text in mids.items())


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--symbols", type=int, default=1000)
    parser.add_argument("--kill-every", type=int, default=10, help="0 is never")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = ValkeyServer(Path(folder), *_AOF)
        server.start()
        try:
            is_good = asyncio.run(_run(options, server))
        finally:
            server.kill()
    print(f"load average {os.getloadavg()[0]:.1f}", "ok" if is_good else "FAIL")
    return 0 if is_good else 1


if __name__ == "__main__":
    raise SystemExit(main())
