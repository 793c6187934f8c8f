"""The websocket: acknowledgements, snapshots, cadence, errors and limits."""

import asyncio
import gzip
import socket as sockets
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hlsim.server.settings import Limits, RecordedFile
from tests.unit.hlsim.server.conftest import USER, Desk, Open, follow, said

BLOCK_MS = 200
PONG = '{"channel":"pong"}'
CAPTURE = Path("tests/data/hyperliquid/ws/btc_l2book_trades_20250126.gz")


async def until(
    desk: Desk, socket: aiohttp.ClientWebSocketResponse, channel: str
) -> dict[str, object]:
    """Move block by block until a frame of ``channel`` comes."""
    for _ in range(200):
        desk.clock.advance(BLOCK_MS)
        # The pong comes after whatever this block made the server say.
        await socket.send_json({"method": "ping"})
        while (frame := await said(socket))["channel"] != "pong":
            if frame["channel"] == channel:
                return frame
    raise AssertionError(f"nothing came on {channel}")


async def heard(
    desk: Desk, socket: aiohttp.ClientWebSocketResponse, blocks: int
) -> list[dict[str, Any]]:
    """Move by so many blocks and return what came."""
    frames = []
    for _ in range(blocks):
        desk.clock.advance(BLOCK_MS)
        await socket.send_json({"method": "ping"})
        while (frame := await said(socket))["channel"] != "pong":
            frames.append(frame)
    return frames


@pytest.mark.parametrize(
    "topic",
    [
        {"type": "allMids"},
        {"type": "l2Book", "coin": "BTC"},
        {"type": "l2Book", "coin": "BTC", "fast": True},
    ],
)
async def test_snapshots_keep_their_cadence(
    desk: Desk, topic: dict[str, object]
) -> None:
    socket = await desk.connect()
    await follow(socket, **topic)
    await said(socket)
    # One at once, which sets the beat; then every 500 ms for 10 s, give or take one.
    assert 19 <= len(await heard(desk, socket, 50)) <= 21


async def test_best_prices_come_only_when_they_changed(desk: Desk) -> None:
    socket = await desk.connect()
    await follow(socket, type="bbo", coin="ATOM")
    first = await said(socket)
    frames = [first, *await heard(desk, socket, 300)]
    best = [frame["data"]["bbo"] for frame in frames]
    assert 2 <= len(best) < 60
    assert all(a != b for a, b in pairwise(best))


async def test_a_recording_reaches_the_client_byte_by_byte(open_desk: Open) -> None:
    desk = await open_desk(recordings=(RecordedFile(CAPTURE),), holdings=())
    socket = await desk.connect()
    for kind in ("l2Book", "trades"):
        await follow(socket, type=kind, coin="BTC")
    received: list[bytes] = []
    for _ in range(1500):
        desk.clock.advance(20)
        await socket.send_json({"method": "ping"})
        while (frame := await socket.receive(timeout=60)).data != PONG:
            received.append(frame.data.encode())
    with gzip.open(CAPTURE) as lines:
        payloads = [line.rstrip(b"\n").split(b" ", 1)[1] for line in lines]
    assert received == payloads


async def test_the_acknowledgement_is_the_normalised_subscription(desk: Desk) -> None:
    socket = await desk.connect()
    ack = await follow(socket, surprise=1, coin="BTC", type="l2Book")
    assert ack == {
        "channel": "subscriptionResponse",
        "data": {
            "method": "subscribe",
            "subscription": {
                "type": "l2Book",
                "coin": "BTC",
                "nSigFigs": None,
                "mantissa": None,
            },
        },
    }
    ack = await follow(await desk.connect(), type="userFills", user=USER.upper()[2:])
    assert ack["channel"] == "error"
    ack = await follow(
        await desk.connect(), type="userFills", user="0x" + USER[2:].upper()
    )
    assert ack["data"]["subscription"] == {
        "type": "userFills",
        "user": USER,
        "aggregateByTime": False,
    }


async def test_trades_begin_with_a_backlog(desk: Desk) -> None:
    socket = await desk.connect()
    await follow(socket, type="trades", coin="BTC")
    backlog = await said(socket)
    recent = await desk.ask(type="recentTrades", coin="BTC")
    assert backlog == {"channel": "trades", "data": recent[::-1]}


@pytest.mark.parametrize(
    ("topic", "channel"),
    [
        ({"type": "allMids"}, "allMids"),
        ({"type": "l2Book", "coin": "BTC"}, "l2Book"),
        ({"type": "bbo", "coin": "BTC"}, "bbo"),
        ({"type": "trades", "coin": "BTC"}, "trades"),
        ({"type": "candle", "coin": "BTC", "interval": "1m"}, "candle"),
        ({"type": "candle", "coin": "BTC", "interval": "1d"}, "candle"),
        ({"type": "activeAssetCtx", "coin": "BTC"}, "activeAssetCtx"),
        ({"type": "clearinghouseState", "user": USER}, "clearinghouseState"),
        ({"type": "openOrders", "user": USER}, "openOrders"),
        ({"type": "webData2", "user": USER}, "webData2"),
    ],
)
async def test_a_channel_says_what_is_and_then_what_changes(
    desk: Desk, topic: dict[str, object], channel: str
) -> None:
    socket = await desk.connect()
    await follow(socket, **topic)
    first = await said(socket)
    assert first["channel"] == channel
    assert (await until(desk, socket, channel))["channel"] == channel


@pytest.mark.parametrize("kind", ["userFills", "userFundings"])
async def test_histories_begin_with_a_snapshot(desk: Desk, kind: str) -> None:
    socket = await desk.connect()
    await follow(socket, type=kind, user=USER)
    first = await said(socket)
    assert first["channel"] == kind
    assert first["data"]["isSnapshot"] is True


@pytest.mark.parametrize("kind", ["orderUpdates", "userEvents"])
async def test_updates_of_orders_have_no_snapshot(desk: Desk, kind: str) -> None:
    socket = await desk.connect()
    await follow(socket, type=kind, user=USER)
    await socket.send_json({"method": "ping"})
    assert await said(socket) == {"channel": "pong"}


async def test_a_stream_ends_where_rest_stands(desk: Desk) -> None:
    socket = await desk.connect()
    await follow(socket, type="candle", coin="BTC", interval="5m")
    await said(socket)
    frame = await until(desk, socket, "candle")
    rows = await desk.ask(
        type="candleSnapshot",
        req={"coin": "BTC", "interval": "5m", "startTime": desk.clock.now_ms()},
    )
    assert frame["data"] == rows[-1]


async def test_fast_books_have_five_levels(desk: Desk) -> None:
    socket = await desk.connect()
    ack = await follow(socket, type="l2Book", coin="BTC", fast=True)
    assert ack["data"]["subscription"]["fast"] is True
    data = (await said(socket))["data"]
    assert data["fast"] is True
    assert [len(side) for side in data["levels"]] == [5, 5]


async def test_nothing_comes_after_unsubscribing(desk: Desk) -> None:
    socket = await desk.connect()
    topic = {"type": "allMids"}
    await follow(socket, **topic)
    await said(socket)
    await socket.send_json({"method": "unsubscribe", "subscription": topic})
    ack = await said(socket)
    assert ack["data"]["method"] == "unsubscribe"
    desk.clock.advance(5000)
    await socket.send_json({"method": "ping"})
    assert await said(socket) == {"channel": "pong"}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            '{"method":"subscribe","subscription":{"type":"bbo","coin":"NOPE"}}',
            'Invalid subscription {"type":"bbo","coin":"NOPE"}',
        ),
        (
            '{"method":"unsubscribe","subscription":{"type":"allMids"}}',
            'Already unsubscribed: {"type":"allMids"}',
        ),
        (
            '{"method":"dance"}',
            'Error parsing JSON into valid websocket request: {"method":"dance"}',
        ),
        ("[" * 9000, "Error parsing JSON into valid websocket request: " + "[" * 9000),
        ("{", "Error parsing JSON into valid websocket request: {"),
    ],
)
async def test_errors_have_the_exact_texts(desk: Desk, message: str, text: str) -> None:
    socket = await desk.connect()
    await socket.send_str(message)
    assert await said(socket) == {"channel": "error", "data": text}


async def test_subscribing_twice_is_an_error(desk: Desk) -> None:
    socket = await desk.connect()
    await follow(socket, type="orderUpdates", user=USER)
    again = await follow(socket, type="orderUpdates", user=USER)
    echo = f'{{"type":"orderUpdates","user":"{USER}"}}'
    assert again == {"channel": "error", "data": f"Already subscribed: {echo}"}


async def test_limits_are_told_in_the_words_of_the_wire(open_desk: Open) -> None:
    limits = Limits(ip_weight=0, ws_subscriptions=2, ws_users=1, ws_messages=4)
    desk = await open_desk(limits=limits)
    socket = await desk.connect()
    await follow(socket, type="orderUpdates", user=USER)
    refused = await follow(socket, type="orderUpdates", user="0x" + "b" * 40)
    assert refused["data"] == "Cannot track more than 1 total users."
    await follow(socket, type="userEvents", user=USER)
    refused = await follow(socket, type="notification", user=USER)
    assert refused["data"] == "Cannot subscribe to more than 2 channels."
    await socket.send_json({"method": "ping"})
    refused = await said(socket)
    assert refused["data"] == "Cannot send more than 4 messages per minute."


async def test_the_eleventh_connection_is_refused(desk: Desk) -> None:
    for _ in range(10):
        await desk.connect()
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await desk.connect()


async def test_a_connection_is_closed_after_a_minute_of_silence(desk: Desk) -> None:
    silent, alive = await desk.connect(), await desk.connect()
    desk.clock.advance(30_000)
    await alive.send_json({"method": "ping"})
    assert await said(alive) == {"channel": "pong"}
    desk.clock.advance(30_000)
    assert (await silent.receive(timeout=60)).type is aiohttp.WSMsgType.CLOSE
    await alive.send_json({"method": "ping"})
    assert await said(alive) == {"channel": "pong"}


async def test_a_post_is_answered_like_the_endpoint(desk: Desk) -> None:
    socket = await desk.connect()
    payload = {"type": "allMids"}
    request = {"type": "info", "payload": payload}
    await socket.send_json({"method": "post", "id": 7, "request": request})
    data = (await said(socket))["data"]
    assert data["id"] == 7
    assert data["response"]["payload"]["data"] == await desk.ask(**payload)
    request = {"type": "info", "payload": {"type": "nonsense"}}
    await socket.send_json({"method": "post", "id": 8, "request": request})
    assert (await said(socket))["data"]["response"]["type"] == "error"


async def test_a_client_that_does_not_read_is_cut_off(open_desk: Open) -> None:
    limits = Limits(ip_weight=0, ws_queue=50, ws_messages=0)
    desk = await open_desk(limits=limits)
    lazy = await desk.connect()
    transport = lazy.get_extra_info("socket")
    transport.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    await follow(lazy, type="webData2", user=USER)
    polite = await desk.connect()
    # The lazy client's reader stops taking bytes once its own buffer is full.
    for _ in range(500):
        desk.clock.advance(1000)
        await asyncio.sleep(0)
        await polite.send_json({"method": "ping"})
        assert await said(polite) == {"channel": "pong"}
        if await _others(desk) == 0:
            break
    assert await _others(desk) == 0


async def _others(desk: Desk) -> int:
    # Whoever is connected beside the polite one.
    return desk.server.connections - 1
