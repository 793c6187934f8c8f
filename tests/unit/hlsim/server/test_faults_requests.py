"""Faults of requests, seen by a client: what it gets, and what truly happened."""

import asyncio
from typing import Any

import aiohttp
import msgspec
import pytest

from hlsim.faults.kinds import (
    DelayAnswer,
    DelayRequest,
    LoseAnswer,
    LoseRequest,
    MalformedAnswer,
    RefuseAction,
    RefuseRequest,
)
from hlsim.faults.plan import Damage
from hlsim.server.settings import Limits
from tests.unit.hlsim.server.conftest import Desk, Open, said
from tests.unit.hlsim.server.trading import (
    act,
    faulty,
    has_landed,
    injected,
    order,
    pinged,
    signed,
    stop,
)
from tests.unit.hlsim.signers import MASTER_KEY, OTHER, OTHER_KEY

MINUTE = 60_000
PAGE = "text/html"


async def test_o1_an_answer_is_lost_after_acceptance(open_desk: Open) -> None:
    desk = await faulty(open_desk, LoseAnswer(nth=1, types=("order",)))
    waiting = asyncio.create_task(desk.post("/exchange", signed(desk, order(1))))
    await injected(desk, "lose_answer")
    assert await has_landed(desk, 1)
    assert not waiting.done()
    desk.clock.advance(11 * MINUTE)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await waiting


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_o1_an_accepted_order_is_answered_by_an_error(
    open_desk: Open, status: int
) -> None:
    desk = await faulty(open_desk, LoseAnswer(instead=status, types=("order",)))
    answer = await desk.post("/exchange", signed(desk, order(1)))
    assert answer[:2] == (status, PAGE)
    assert str(status).encode() in answer[2]
    assert await has_landed(desk, 1)


@pytest.mark.parametrize("instead", ["close", "reset"])
async def test_o1_an_accepted_order_ends_the_connection(
    open_desk: Open, instead: Any
) -> None:
    desk = await faulty(open_desk, LoseAnswer(instead=instead, types=("order",)))
    with pytest.raises(aiohttp.ClientConnectionError) as caught:
        await desk.post("/exchange", signed(desk, order(1)))
    is_reset = isinstance(caught.value.__cause__, ConnectionResetError) or isinstance(
        caught.value, ConnectionResetError
    )
    assert is_reset == (instead == "reset")
    assert await has_landed(desk, 1)


@pytest.mark.parametrize("instead", ["close", "reset", 504])
async def test_o2_a_lost_request_never_lands(open_desk: Open, instead: Any) -> None:
    fault = LoseRequest(instead=instead, types=("order",))
    desk = await faulty(open_desk, fault, block_ms=5000)
    if instead == 504:
        assert (await desk.post("/exchange", signed(desk, order(1))))[0] == 504
    else:
        with pytest.raises(aiohttp.ClientConnectionError):
            await desk.post("/exchange", signed(desk, order(1)))
    desk.clock.advance(60 * MINUTE)
    assert not await has_landed(desk, 1)


async def test_o3_an_order_lands_37_minutes_later(open_desk: Open) -> None:
    fault = DelayRequest(by_ms=37 * MINUTE, types=("order",))
    desk = await faulty(open_desk, fault, block_ms=5000)
    assert (await desk.post("/exchange", signed(desk, order(1))))[0] == 504
    desk.clock.advance(37 * MINUTE - 1)
    assert not await has_landed(desk, 1)
    desk.clock.advance(1)
    assert await has_landed(desk, 1)


async def test_o1_an_answer_comes_late(open_desk: Open) -> None:
    desk = await faulty(open_desk, DelayAnswer(by_ms=5000, types=("order",)))
    waiting = asyncio.create_task(desk.post("/exchange", signed(desk, order(1))))
    await injected(desk, "delay_answer")
    assert await has_landed(desk, 1)
    desk.clock.advance(4999)
    await desk.ask(type="exchangeStatus")
    assert not waiting.done()
    desk.clock.advance(1)
    assert (await waiting)[0] == 200


async def test_o4_an_ok_carries_an_error_for_each_leg(open_desk: Open) -> None:
    text = "Insufficient margin to place order."
    fault = RefuseAction(text=text, in_statuses=True, types=("order",))
    desk = await faulty(open_desk, fault)
    answer = await act(desk, order(1, 2))
    assert answer["status"] == "ok"
    assert answer["response"]["data"]["statuses"] == [{"error": text}] * 2
    assert not await has_landed(desk, 1)


async def test_o9_too_many_requests_are_told_by_429(open_desk: Open) -> None:
    fault = RefuseRequest(count=2, retry_after_secs=3)
    desk = await faulty(open_desk, fault)
    async with (
        aiohttp.ClientSession() as session,
        session.post(desk.server.url + "/info", json={"type": "meta"}) as answer,
    ):
        assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
        assert await answer.text() == "Too Many Requests"
    assert (await desk.post("/exchange", signed(desk, order(1))))[0] == 429
    assert not await has_landed(desk, 1)


async def test_o9_the_budget_of_an_address_is_gone(open_desk: Open) -> None:
    text = "Too many cumulative requests sent (10001 > 10000)"
    desk = await faulty(open_desk, RefuseAction(text=text, types=("order",)))
    assert await act(desk, order(1)) == {"status": "err", "response": text}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("html", ("text/html", b"<h1>503 Service Unavailable</h1>")),
        ("text", ("text/plain", b"Service Unavailable")),
        ("json", ("application/json", b'{"error":"Service Unavailable"}')),
        ("null_json", ("application/json", b"null")),
        ("empty", ("text/plain", b"")),
    ],
)
async def test_an_outage_has_any_body(
    open_desk: Open, body: Any, expected: tuple[str, bytes]
) -> None:
    desk = await faulty(open_desk, RefuseRequest(status=503, body=body))
    status, kind, said_body = await desk.post("/info", {"type": "meta"})
    assert (status, kind) == (503, expected[0])
    assert expected[1] in said_body
    assert bool(said_body) == bool(expected[1])


async def test_o11_a_protective_stop_is_refused_and_no_other_order(
    open_desk: Open,
) -> None:
    fault = RefuseAction(text="Invalid TP/SL price.", in_statuses=True,
                         only_triggers=True)  # fmt: skip
    desk = await faulty(open_desk, fault)
    answer = await act(desk, stop(1))
    error = {"error": "Invalid TP/SL price."}
    assert answer["response"]["data"]["statuses"] == [error]
    assert await act(desk, order(2)) != answer
    assert await has_landed(desk, 2)


@pytest.mark.parametrize("how", ["cut", "nan", "overflow", "negative", "empty"])
async def test_w6_an_answer_is_damaged(open_desk: Open, how: Damage) -> None:
    desk = await faulty(open_desk, MalformedAnswer(how=how, types=("l2Book",)))
    question = {"type": "l2Book", "coin": "BTC"}
    status, _, body = await desk.post("/info", question)
    assert status == 200
    if how in ("cut", "empty"):
        with pytest.raises(msgspec.DecodeError):
            msgspec.json.decode(body)
    else:
        word = {"nan": "NaN", "overflow": "1e400", "negative": "-"}[how]
        levels = msgspec.json.decode(body)["levels"]
        assert all(one["px"].startswith(word) for side in levels for one in side)


async def test_w6_an_answer_may_be_huge(open_desk: Open) -> None:
    fault = MalformedAnswer(how="huge", size_bytes=3_000_000, types=("allMids",))
    desk = await faulty(open_desk, fault)
    _, _, body = await desk.post("/info", {"type": "allMids"})
    assert len(body) == 3_000_000


async def test_a_filter_by_user_and_coin_finds_actions(open_desk: Open) -> None:
    eth = LoseRequest(instead=504, coins=("ETH",), endpoints=("exchange",))
    other = LoseRequest(instead=502, users=(OTHER.upper().replace("X", "x"),))
    desk = await faulty(open_desk, eth, other)
    statuses = [
        (await desk.post("/exchange", signed(desk, order(1, a=asset), key=key)))[0]
        for asset, key in [(0, MASTER_KEY), (1, MASTER_KEY), (0, OTHER_KEY)]
    ]
    assert statuses == [200, 504, 502]


async def test_a_body_that_cannot_be_read_is_still_a_request(open_desk: Open) -> None:
    desk = await faulty(open_desk, LoseRequest(instead=504, types=("order",)))
    assert (await desk.post("/exchange", b"{"))[0] == 400
    assert (await desk.post("/info", b'{"type":' + b"[" * 100_000))[0] == 400


async def posted(desk: Desk, kind: str, payload: object) -> Any:
    socket = await desk.connect()
    request = {"type": kind, "payload": payload}
    await socket.send_json({"method": "post", "id": 7, "request": request})
    return (await said(socket))["data"]["response"]


async def test_o1_a_post_on_the_websocket_loses_its_answer_too(open_desk: Open) -> None:
    desk = await faulty(open_desk, LoseAnswer(instead=502, via="ws"))
    response = await posted(desk, "action", signed(desk, order(1)))
    assert response == {"type": "error", "payload": "502 Bad Gateway"}
    assert await has_landed(desk, 1)


async def test_o1_a_post_that_hangs_leaves_the_socket_alive(open_desk: Open) -> None:
    desk = await faulty(open_desk, LoseAnswer(via="ws", nth=1))
    socket = await desk.connect()
    for number in (1, 2):
        request = {"type": "action", "payload": signed(desk, order(number))}
        await socket.send_json({"method": "post", "id": number, "request": request})
    assert (await said(socket))["data"]["id"] == 2
    assert await has_landed(desk, 1)


async def test_o2_a_post_may_cut_the_socket(open_desk: Open) -> None:
    desk = await faulty(open_desk, LoseRequest(instead="close", via="ws"))
    socket = await desk.connect()
    request = {"type": "action", "payload": signed(desk, order(1))}
    await socket.send_json({"method": "post", "id": 1, "request": request})
    closed = await socket.receive(timeout=60)
    assert closed.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    assert not await has_landed(desk, 1)


async def test_o4_a_post_is_refused_in_its_own_form(open_desk: Open) -> None:
    desk = await faulty(open_desk, RefuseAction(text="no", via="ws"))
    response = await posted(desk, "action", signed(desk, order(1)))
    payload = {"status": "err", "response": "no"}
    assert response == {"type": "action", "payload": payload}


async def test_without_faults_a_post_executes_an_action(open_desk: Open) -> None:
    desk = await faulty(open_desk)
    response = await posted(desk, "action", signed(desk, order(1)))
    assert response["payload"]["status"] == "ok"
    response = await posted(desk, "action", {})
    assert response["type"] == "error"


async def test_posts_that_wait_for_their_answers_are_limited(open_desk: Open) -> None:
    limits = Limits(ip_weight=0, ws_messages=0, ws_posts=2)
    desk = await faulty(open_desk, DelayAnswer(by_ms=5000), limits=limits)
    socket = await desk.connect()
    request = {"type": "info", "payload": {"type": "allMids"}}
    for number in (1, 2, 3):
        await socket.send_json({"method": "post", "id": number, "request": request})
    refused = {"channel": "error", "data": "too many pending post requests id=3"}
    assert await said(socket) == refused
    desk.clock.advance(5000)
    answers = [await said(socket), await said(socket)]
    assert {one["data"]["id"] for one in answers} == {1, 2}
    await socket.send_json({"method": "post", "id": 4, "request": request})
    assert await pinged(socket) == []  # it waits, and is not refused
