"""The feed over real sockets: it comes back, it subscribes again, it never dies."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import pytest

from tests.builders import START_MS
from tests.integration.hyperliquid.scripted_server import (
    ScriptedServer,
    Talk,
    says,
    serving,
)
from tests.polling import until
from threet.adapters.hyperliquid.websocket import MAX_FRAME_BYTES, HyperliquidFeed
from threet.adapters.memory.clock import ManualClock
from threet.adapters.system_clock import SystemClock
from threet.model.events import CandlesClosed, Event, PricesUpdated
from threet.ports.clock import Clock
from threet.ports.market_feed import Interests
from threet.resilience.backoff import Backoff

INTERESTS = Interests(symbols=("BTC",), books=("BTC",))


def mids(**prices: str) -> str:
    frame = {"channel": "allMids", "data": {"mids": prices}}
    return msgspec.json.encode(frame).decode()


def candle(open_ms: int) -> str:
    prices = {"o": "5", "h": "5", "l": "5", "c": "5", "v": "1"}
    bar = {"s": "BTC", "i": "1m", "t": open_ms, "T": open_ms + 59_999, "n": 1}
    return msgspec.json.encode({"channel": "candle", "data": bar | prices}).decode()


class Running:
    def __init__(self, feed: HyperliquidFeed) -> None:
        self.feed = feed
        self.events: list[Event] = []

    def deliver(self, events: Sequence[Event]) -> None:
        self.events.extend(events)

    @property
    def btc(self) -> list[str]:
        return [
            str(change.price)
            for event in self.events
            if isinstance(event, PricesUpdated)
            for change in event.changes
        ]


@asynccontextmanager
async def running(
    url: str,
    clock: Clock | None = None,
    backoff: Backoff | None = None,
    handshake_secs: float = 10.0,
    interests: Interests = INTERESTS,
) -> AsyncIterator[Running]:
    feed = HyperliquidFeed(
        url=url,
        clock=clock or SystemClock(),
        backoff=backoff or Backoff(first_secs=0.01, most_secs=0.05),
        handshake_secs=handshake_secs,
    )
    it = Running(feed)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        task = group.create_task(feed.run(interests, it.deliver))
        yield it
        task.cancel()


class NotedBackoff(Backoff):
    """Notes the pauses it asks for, and has the feed make none."""

    def __init__(self) -> None:
        super().__init__(first_secs=1.0, most_secs=1000.0)
        self.pauses: list[float] = []

    def failed(self) -> float:
        self.pauses.append(super().failed())
        return 0.0


def server_with(*talks_frames: tuple[str | bytes, ...]) -> ScriptedServer:
    """Each connection says its frames and closes; the last one stays open."""
    server = ScriptedServer()
    talks: list[Talk] = [says(server, *frames) for frames in talks_frames[:-1]]
    server.talks = [*talks, says(server, *talks_frames[-1], closes=False)]
    return server


async def test_w1_f3_after_a_close_it_reconnects_and_subscribes_to_all_again() -> None:
    server = server_with((mids(BTC="1"),), (mids(BTC="2"),), (mids(BTC="3"),))
    async with serving(server), running(server.ws_url) as it:
        await until(lambda: it.btc == ["1", "2", "3"])
        wanted = 1 + 1 + 3  # mids, a book; trades, bbo and context of one symbol
        await until(lambda: len(server.heard_of("subscribe")) == 2 + wanted)
        assert it.feed.statistics().reconnects == 2
        assert it.feed.statistics().is_connected


async def test_a_bar_cut_by_a_lost_connection_is_never_told_as_closed() -> None:
    cut, formed = candle(START_MS), candle(START_MS + 60_000)
    server = server_with((cut,), (formed, candle(START_MS + 120_000)))
    async with serving(server), running(server.ws_url) as it:
        await until(lambda: len(it.events) >= 4)
        closed = [one for one in it.events if isinstance(one, CandlesClosed)]
        opens = [bar.open_ms for event in closed for bar in event.candles]
        assert opens == [START_MS + 60_000]


@pytest.mark.parametrize(
    "frame",
    ["{", "", "NaN", '{"channel":"?"}', b"\xff\x00", mids(BTC="NaN"), mids(BTC="-1")],
    ids=repr,
)
async def test_w6_a_malformed_frame_is_counted_and_the_stream_lives(
    frame: str | bytes,
) -> None:
    server = server_with((mids(BTC="1"), frame, mids(BTC="2")))
    async with serving(server), running(server.ws_url) as it:
        await until(lambda: it.btc == ["1", "2"])
        assert it.feed.statistics().refused_frames == 1
        assert it.feed.statistics().reconnects == 0


async def test_w6_a_frame_beyond_the_bound_is_refused_and_the_feed_comes_back() -> None:
    huge = mids(BTC="1", padding="9" * MAX_FRAME_BYTES)
    server = server_with((huge,), (mids(BTC="2"),))
    async with serving(server), running(server.ws_url) as it:
        await until(lambda: it.btc == ["2"])
        assert it.feed.statistics().refused_frames == 1


async def test_w2_f1_a_connection_that_falls_silent_is_made_anew() -> None:
    server = ScriptedServer()
    quiet = says(server, mids(BTC="1"), closes=False)
    server.talks = [quiet, says(server, mids(BTC="2"), closes=False)]
    clock = ManualClock(1_767_225_600_000)
    async with serving(server), running(server.ws_url, clock) as it:
        await until(lambda: it.btc == ["1"])
        while it.btc != ["1", "2"]:
            await until(lambda: clock.sleepers > 0 or it.btc == ["1", "2"])
            clock.advance(1)
        assert len(server.heard_of("ping")) == 2
        assert clock.monotonic() - 1_767_225_600 <= 15


async def test_a_server_that_is_not_there_is_tried_until_it_is() -> None:
    server = server_with((mids(BTC="1"),))
    async with serving(server):
        url = server.ws_url
    async with running(url) as it:
        await until(lambda: it.feed.statistics().reconnects >= 3)
        assert it.events == []
        assert not it.feed.statistics().is_connected


async def test_a_server_that_accepts_and_says_nothing_is_given_up_and_tried_again() -> (
    None
):
    callers = 0

    async def keep_silent(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        nonlocal callers
        callers += 1
        await reader.read()  # until the caller hangs up
        writer.close()

    server = await asyncio.start_server(keep_silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        url = f"ws://127.0.0.1:{port}/ws"
        async with running(url, handshake_secs=0.05) as it:
            await until(lambda: it.feed.statistics().reconnects >= 2)
        assert callers >= 2


async def test_a_server_that_greets_and_closes_is_met_with_growing_pauses() -> None:
    server = ScriptedServer()
    server.talks = [says(server, "Websocket connection established.")]
    backoff = NotedBackoff()
    async with serving(server), running(server.ws_url, backoff=backoff):
        await until(lambda: len(backoff.pauses) >= 6)
    # Up to the longest pause, around which the later ones only vary.
    growing = backoff.pauses[:6]
    assert growing == sorted(growing)
    assert growing[5] >= 16


async def test_a_connection_that_told_of_the_market_starts_the_pauses_anew() -> None:
    server = ScriptedServer()
    server.talks = [says(server, mids(BTC="1"))]
    backoff = NotedBackoff()
    async with serving(server), running(server.ws_url, backoff=backoff):
        await until(lambda: len(backoff.pauses) >= 6)
    assert max(backoff.pauses) <= 1


async def test_subscriptions_that_do_not_fit_are_a_figure() -> None:
    many = Interests(symbols=[f"COIN{number}" for number in range(400)])
    wanted = 1 + 3 * 400
    server = server_with((mids(BTC="1"),))
    async with serving(server), running(server.ws_url, interests=many) as it:
        await until(lambda: it.btc == ["1"])
        assert it.feed.statistics().left_out == wanted - 1000
