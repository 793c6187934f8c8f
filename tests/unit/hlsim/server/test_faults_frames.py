"""Faults of frames and connections, seen on the websocket."""

import asyncio
from itertools import pairwise
from typing import Any

import aiohttp
import msgspec
import pytest

from hlsim.faults.kinds import (
    Close,
    Duplicate,
    HalfOpen,
    MalformedFrame,
    NeverFirst,
    Plan,
    RefuseConnection,
    Reorder,
    Silence,
    SnapshotAgain,
    Stale,
)
from hlsim.faults.plan import Damage
from hlsim.server.manual_clock import ManualClock
from hlsim.server.running import running
from hlsim.server.settings import Settings
from tests.unit.hlsim.server.conftest import USER, Desk, Open, follow, said
from tests.unit.hlsim.server.trading import (
    act,
    faulty,
    following,
    heard,
    injected,
    order,
    pinged,
)
from tests.unit.hlsim.signers import MASTER, OTHER, OTHER_KEY

BEAT = 500
BOOK = {"type": "l2Book", "coin": "BTC"}


async def books(desk: Desk, socket: Any, beats: int, coin: str = "BTC") -> list[int]:
    """Move by so many beats of the book and return the times of those that came."""
    times = []
    for _ in range(beats):
        desk.clock.advance(BEAT)
        for frame in await pinged(socket):
            told = msgspec.json.decode(frame.data)
            if told["channel"] == "l2Book" and told["data"]["coin"] == coin:
                times.append(told["data"]["time"])
    return times


async def test_w1_a_socket_is_closed_with_a_code(open_desk: Open) -> None:
    desk = await faulty(open_desk, Close(after_ms=1000, code=4001))
    socket = await desk.connect()
    assert await pinged(socket) == []
    desk.clock.advance(1000)
    closed = await socket.receive(timeout=60)
    assert (closed.type, closed.data) == (aiohttp.WSMsgType.CLOSE, 4001)
    assert await pinged(await desk.connect()) == []


async def test_w1_a_socket_is_reset(open_desk: Open) -> None:
    desk = await faulty(open_desk, Close(after_ms=1000, reset=True))
    socket = await desk.connect()
    assert await pinged(socket) == []
    desk.clock.advance(1000)
    ended = await socket.receive(timeout=60)
    assert ended.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    assert socket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE


async def test_w1_only_followers_of_a_topic_are_closed(open_desk: Open) -> None:
    desk = await faulty(open_desk, Close(after_ms=1000, coins=("ETH",)))
    first, second = await desk.connect(), await desk.connect()
    await follow(first, type="bbo", coin="ETH")
    await follow(second, type="orderUpdates", user=USER)
    await said(first)
    desk.clock.advance(1000)
    await pinged(second)
    while (frame := await first.receive(timeout=60)).type is aiohttp.WSMsgType.TEXT:
        pass
    assert frame.type is aiohttp.WSMsgType.CLOSE


async def test_w1_a_socket_is_closed_at_a_frame(open_desk: Open) -> None:
    fault = Close(upon="frame", nth=3, upon_channels=("pong",))
    desk = await faulty(open_desk, fault)
    socket, other = await desk.connect(), await desk.connect()
    for _ in range(2):
        assert await pinged(socket) == []
    await socket.send_json({"method": "ping"})
    assert (await socket.receive(timeout=60)).type is aiohttp.WSMsgType.CLOSE
    assert await pinged(other) == []


async def test_w1_the_second_connection_is_closed_and_no_other(
    open_desk: Open,
) -> None:
    desk = await faulty(open_desk, Close(upon="connection", nth=2, code=1012))
    first, second, third = [await desk.connect() for _ in range(3)]
    closed = await second.receive(timeout=60)
    assert (closed.type, closed.data) == (aiohttp.WSMsgType.CLOSE, 1012)
    assert await pinged(first) == await pinged(third) == []


async def test_w1_a_connection_that_is_opened_hangs(open_desk: Open) -> None:
    desk = await faulty(open_desk, RefuseConnection(count=2, instead="hang"))
    opening = asyncio.create_task(desk.connect())
    for attempt in (1, 2):  # this client asks twice before it gives up
        await injected(desk, "refuse_connection", attempt)
        assert not opening.done()
        desk.clock.advance(600_000)
    with pytest.raises(aiohttp.ClientConnectionError):
        await opening
    await desk.connect()


@pytest.mark.parametrize("status", [429, 503])
async def test_w1_a_connection_is_refused(open_desk: Open, status: int) -> None:
    desk = await faulty(open_desk, RefuseConnection(nth=2, instead=status))
    await desk.connect()
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await desk.connect()
    assert caught.value.status == status
    await desk.connect()


async def test_w1_a_connection_is_reset_before_it_is_open(open_desk: Open) -> None:
    desk = await faulty(open_desk, RefuseConnection(count=2, instead="reset"))
    # This client asks twice before it gives up.
    with pytest.raises(aiohttp.ClientConnectionError):
        await desk.connect()
    await desk.connect()


async def test_w2_a_half_open_socket_neither_speaks_nor_hears(open_desk: Open) -> None:
    desk = await faulty(open_desk, HalfOpen(after_ms=50, lasts_ms=100_000))
    # This client is shown protocol pongs, too: there must be none.
    socket = await desk.connect(autoping=False)
    await follow(socket, **BOOK)
    await said(socket)
    desk.clock.advance(50)
    await injected(desk, "half_open")
    await socket.send_json({"method": "ping"})
    await socket.ping()
    silence = asyncio.create_task(socket.receive())
    other = await desk.connect()
    for _ in range(5):
        desk.clock.advance(10_000)
        assert await pinged(other) == []
    assert not silence.done()
    assert desk.server.connections == 1  # the half-open one is no longer counted
    desk.clock.advance(50_000)
    ended = await asyncio.wait_for(silence, 60)
    assert ended.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    assert socket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE


async def test_w2_a_half_open_socket_does_not_keep_the_server_from_stopping() -> None:
    plan = Plan(faults=(HalfOpen(upon="frame", nth=1),))
    settings = Settings(symbols=3, history_days=0, faults=plan)
    async with aiohttp.ClientSession() as session:
        async with running(settings, ManualClock()) as server:
            socket = await session.ws_connect(server.ws_url)
            await socket.send_json({"method": "ping"})
            assert server.faults is not None
            while not server.faults.injector.counters["half_open"]:
                await (await session.get(server.url)).read()
        ended = await socket.receive(timeout=60)
        assert ended.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)


async def test_w3_a_coin_is_silent_on_a_live_socket(open_desk: Open) -> None:
    fault = Silence(after_ms=1000, duration_ms=2000, coins=("BTC",))
    desk = await faulty(open_desk, fault)
    socket = await desk.connect()
    for coin in ("BTC", "ETH"):
        await follow(socket, type="l2Book", coin=coin)
        await said(socket)
    btc, eth = 0, 0
    desk.clock.advance(999)
    await pinged(socket)
    for _ in range(3):
        desk.clock.advance(BEAT)
        for frame in await pinged(socket):
            btc += '"coin":"BTC"' in frame.data
            eth += '"coin":"ETH"' in frame.data
    assert btc == 0
    assert eth >= 2
    desk.clock.advance(1000)
    assert any('"coin":"BTC"' in frame.data for frame in await pinged(socket))


async def test_w4_a_subscription_is_acknowledged_and_never_heard_of(
    open_desk: Open,
) -> None:
    desk = await faulty(open_desk, NeverFirst(channels=("l2Book",), count=1))
    socket = await desk.connect()
    ack = await follow(socket, **BOOK)
    assert ack["channel"] == "subscriptionResponse"
    assert await books(desk, socket, 10) == []
    await socket.send_json({"method": "unsubscribe", "subscription": BOOK})
    await said(socket)
    await follow(socket, **BOOK)
    assert (await said(socket))["channel"] == "l2Book"


async def test_w5_frames_come_twice(open_desk: Open) -> None:
    desk = await faulty(open_desk, Duplicate(channels=("l2Book",)))
    socket = await desk.connect()
    await follow(socket, **BOOK)
    assert await said(socket) == await said(socket)
    times = await books(desk, socket, 4)
    assert times[::2] == times[1::2]
    assert times


async def test_w5_frames_come_in_another_order(open_desk: Open) -> None:
    desk = await faulty(open_desk, Reorder(channels=("l2Book",), nth=2))
    socket = await desk.connect()
    await follow(socket, **BOOK)
    await said(socket)
    times = await books(desk, socket, 4)
    assert times[0] > times[1] < times[2]
    assert len(times) == 4


async def test_w5_an_old_frame_comes_again(open_desk: Open) -> None:
    desk = await faulty(open_desk, Stale(channels=("l2Book",), nth=3))
    socket = await desk.connect()
    await follow(socket, **BOOK)
    await said(socket)
    times = await books(desk, socket, 3)
    assert len(times) == 4
    assert times[2] == times[0] < times[1]


@pytest.mark.parametrize(
    "topic", [{"type": "trades", "coin": "BTC"}, {"type": "userFills", "user": USER}]
)
async def test_w5_a_snapshot_comes_again(
    open_desk: Open, topic: dict[str, object]
) -> None:
    # Shorter than a block: nothing else is said until then.
    fault = SnapshotAgain(after_ms=50, channels=(str(topic["type"]),))
    desk = await faulty(open_desk, fault)
    socket, other = await desk.connect(), await desk.connect()
    await follow(socket, **topic)
    await follow(other, type="orderUpdates", user=USER)
    first = await said(socket)
    desk.clock.advance(50)
    (again,) = await pinged(socket)
    assert msgspec.json.decode(again.data) == first
    assert await pinged(other) == []


@pytest.mark.parametrize("how", ["cut", "nan", "overflow", "negative", "empty", "deep"])
async def test_w6_a_frame_is_damaged_and_the_next_is_whole(
    open_desk: Open, how: Damage
) -> None:
    desk = await faulty(open_desk, MalformedFrame(how=how, channels=("l2Book",), nth=1))
    socket = await desk.connect()
    await follow(socket, **BOOK)
    frame = await socket.receive(timeout=60)
    assert frame.type is aiohttp.WSMsgType.TEXT
    if how in ("cut", "empty", "deep"):
        with pytest.raises((msgspec.DecodeError, RecursionError)):
            msgspec.json.decode(frame.data)
    else:
        word = {"nan": "NaN", "overflow": "1e400", "negative": "-"}[how]
        assert f'"px":"{word}' in frame.data
    assert len(await books(desk, socket, 2)) == 2


async def test_w6_a_frame_may_be_huge(open_desk: Open) -> None:
    fault = MalformedFrame(how="huge", size_bytes=5_000_000, channels=("l2Book",))
    desk = await faulty(open_desk, fault)
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(desk.server.ws_url, max_msg_size=0)
        await follow(socket, **BOOK)
        assert len((await socket.receive(timeout=60)).data) == 5_000_000
        await socket.close()
    small = await desk.connect()
    await follow(small, **BOOK)
    # The default of this client is 4 MiB: it ends the connection itself.
    assert (await small.receive(timeout=60)).type is aiohttp.WSMsgType.ERROR


async def test_m1_a_price_may_be_zero(open_desk: Open) -> None:
    desk = await faulty(open_desk, MalformedFrame(how="zero", channels=("allMids",)))
    socket = await desk.connect()
    await follow(socket, type="allMids")
    assert set((await said(socket))["data"]["mids"].values()) == {"0.0"}


async def test_the_same_seed_strikes_the_same_frames(open_desk: Open) -> None:
    heard = []
    for seed in (5, 5, 6):
        fault = Silence(channels=("l2Book",), rate=0.5)
        desk = await faulty(open_desk, fault, seed=seed)
        socket = await desk.connect()
        await follow(socket, **BOOK)
        await pinged(socket)
        times = await books(desk, socket, 24)
        assert all(a < b for a, b in pairwise(times))
        heard.append(times)
    assert heard[0] == heard[1] != heard[2]
    assert 4 < len(heard[0]) < 20


async def test_silence_is_noticed_by_the_idle_timer(open_desk: Open) -> None:
    # Nothing is sent for a minute, so that the server itself closes (§1.6).
    desk = await faulty(open_desk, Silence())
    socket = await desk.connect()
    await socket.send_json({"method": "subscribe", "subscription": BOOK})
    await injected(desk, "silence")
    desk.clock.advance(61_000)
    assert (await socket.receive(timeout=60)).type is aiohttp.WSMsgType.CLOSE


@pytest.mark.parametrize(
    "fault", [Silence(users=(MASTER,)), NeverFirst(channels=("orderUpdates",), nth=1)]
)
async def test_the_news_of_a_user_are_struck_by_user_and_by_subscription(
    open_desk: Open, fault: Silence | NeverFirst
) -> None:
    desk = await faulty(open_desk, fault)
    struck = await following(desk, "orderUpdates")
    other = await following(desk, "orderUpdates", user=OTHER)
    await act(desk, order(1))
    await act(desk, order(2), key=OTHER_KEY)
    assert await heard(struck, "orderUpdates") == []
    assert len(await heard(other, "orderUpdates")) == 1
