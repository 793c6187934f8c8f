"""The real recorded stream, through an exchange's socket and ours, into Redis."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import msgspec
import redis

from hlsim.server.manual_clock import ManualClock
from hlsim.server.running import Server, running
from hlsim.server.settings import RecordedFile, Settings
from tests import recordings
from tests.integration.streams.redis_bus import made_publisher
from tests.polling import until
from tests.servers import ValkeyServer
from threet.adapters.hyperliquid.websocket import HyperliquidFeed
from threet.adapters.redis_streams.market_sink import MarketSink
from threet.adapters.system_clock import SystemClock
from threet.ports.market_feed import Interests
from threet.resilience.backoff import Backoff

CAPTURE = recordings.DATA / "ws" / "btc_l2book_trades_20250126.gz"
INTERESTS = Interests(symbols=("BTC",), books=("BTC",))


async def play(server: Server, clock: ManualClock) -> None:
    """Let the recorded 25 s pass, so fast as the exchange keeps up."""
    for _ in range(270):
        clock.advance(100)
        await until(lambda: server.exchange.now_ms >= clock.now_ms())


async def stream_into(
    valkey: ValkeyServer, client: redis.Redis, server: Server, its_clock: ManualClock
) -> None:
    """Run the producer's two halves until the last recorded frame is in Redis.

    The recording is played from the first subscription on; time stands still until the
    exchange has heard all of them.
    """
    clock = SystemClock()
    feed = HyperliquidFeed(url=server.ws_url, clock=clock, backoff=Backoff())
    sink = MarketSink(publisher=made_publisher(valkey.port), clock=clock, run_id="t")
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        writing = group.create_task(sink.run())
        feeding = group.create_task(feed.run(INTERESTS, sink.offer))
        await until(lambda: feed.statistics().acknowledged == 5)
        await play(server, its_clock)
        await until(lambda: client.xlen("books:updated") == 46)
        await until(lambda: client.xlen("trades:printed") == 9)
        feeding.cancel()
        writing.cancel()
    assert feed.statistics().refused_frames == 0
    assert sink.statistics().dropped == 0


def stored(client: redis.Redis, stream: str) -> Sequence[dict[str, Any]]:
    rows = cast("list[tuple[bytes, dict[bytes, bytes]]]", client.xrange(stream))
    return [msgspec.json.decode(fields[b"data"]) for _, fields in rows]


def recorded(channel: str) -> Sequence[Any]:
    frames = (msgspec.json.decode(frame) for _, frame in recordings.stream())
    return [frame["data"] for frame in frames if frame["channel"] == channel]


async def test_all_46_books_and_all_trades_of_the_9_frames_arrive_in_redis(
    valkey: ValkeyServer, valkey_client: redis.Redis
) -> None:
    settings, its_clock = Settings(recordings=(RecordedFile(CAPTURE),)), ManualClock()
    async with running(settings, its_clock) as server:
        await stream_into(valkey, valkey_client, server, its_clock)

    books = [
        (book["symbol"], book["event_ms"], book["bids"], book["asks"])
        for book in stored(valkey_client, "books:updated")
    ]
    sides = [
        [[[level["px"], level["sz"], level["n"]] for level in side] for side in levels]
        for levels in (book["levels"] for book in recorded("l2Book"))
    ]
    assert books == [
        (book["coin"], book["time"], *levels)
        for book, levels in zip(recorded("l2Book"), sides, strict=True)
    ]

    names = ("symbol", "side", "price", "quantity", "trade_ms", "trade_id")
    trades = [
        [tuple(trade[name] for name in names) for trade in printed["trades"]]
        for printed in stored(valkey_client, "trades:printed")
    ]
    side_names = {"B": "buy", "A": "sell"}
    assert trades == [
        [
            (t["coin"], side_names[t["side"]], t["px"], t["sz"], t["time"], t["tid"])
            for t in frame
        ]
        for frame in recorded("trades")
    ]
