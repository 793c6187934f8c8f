"""Bad input on real sockets: documented statuses and frames, and all live on."""

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
import websocket

from hlsim.server.manual_clock import ManualClock
from hlsim.server.posts import UNFIT
from hlsim.testing import Served, serving
from tests.contract.hlsim.nonsense import NOW_MS, nearly
from tests.contract.hlsim.nonsense_actions import (
    ANY,
    QUESTION,
    SETTINGS,
    TOPIC,
    an_action,
    approve,
    check_conservation,
    raw,
)
from tests.contract.hlsim.nonsense_answers import (
    UNREADABLE,
    Said,
    check_answer,
    check_info,
)
from tests.random_actions import Dice

REPLIES = {"subscriptionResponse", "error", "post"}

# What is no question and no action in any sense.
GARBAGE = [
    b"", b" ", b"null", b"[]", b"{}", b"{", b"\x00", b"\xff\xfe", b'"\xed\xa0\x80"',
    b"NaN", b"[" * 20_000, b'{"type":' * 20_000, b'{"a":' * 900 + b"1" + b"}" * 900,
    b'{"type":"meta"}{"type":"meta"}', b'{"type":"meta","type":7}', b"1e999999999",
    b"9" * 5000, b'{"type":"\\ud800"}', b"type=meta&user=1",
    b'\xef\xbb\xbf{"type":"meta"}',
]  # fmt: skip


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(SETTINGS, ManualClock(NOW_MS)) as one:
        one.call(approve)
        yield one
        one.call(check_conservation)
        assert not one.server.driver.done()


class Poster:
    """Posts bodies over one connection, with a content type of its choice."""

    def __init__(self, served: Served) -> None:
        self._connection = http.client.HTTPConnection(
            served.url.removeprefix("http://"), timeout=60
        )

    def post(self, path: str, body: bytes, content_type: str) -> Said:
        headers = {"Content-Type": content_type}
        self._connection.request("POST", path, body, headers)
        answer = self._connection.getresponse()
        return Said(answer.status, answer.read())

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def poster(served: Served) -> Iterator[Poster]:
    one = Poster(served)
    yield one
    one.close()


# What is not said to be JSON is not read at all, so most of it is.
CONTENT_TYPES = (
    *("application/json",) * 10, "text/plain", "application/x-www-form-urlencoded",
    "multipart/form-data", "application/json; charset=utf-16", "é", "",
)  # fmt: skip


UNTYPED = Said(415, b"Expected request with `Content-Type: application/json`")


def is_json(content_type: str) -> bool:
    return content_type.partition(";")[0] == "application/json"


def test_questions_on_a_socket_get_documented_answers(poster: Poster) -> None:
    dice = Dice(1)
    for _ in range(300):
        question, kind = nearly(QUESTION, dice), dice.of(CONTENT_TYPES)
        said = poster.post("/info", raw(question), kind)
        if is_json(kind):
            check_info(question, said)
        else:
            assert said == UNTYPED


def test_actions_on_a_socket_get_documented_answers(
    served: Served, poster: Poster
) -> None:
    dice = Dice(2)
    for number in range(300):
        body = an_action(dice, NOW_MS + number)
        if dice.below(4) == 0:
            body = raw({"action": nearly(ANY, dice), "nonce": NOW_MS, "signature": {}})
        kind = dice.of(CONTENT_TYPES)
        said = poster.post("/exchange", body, kind)
        if is_json(kind):
            check_answer(said)
        else:
            assert said == UNTYPED
        if number % 20 == 0:
            served.advance(30_000)


@pytest.mark.parametrize("path", ["/info", "/exchange"])
def test_garbage_is_answered_as_unreadable_or_unfit(poster: Poster, path: str) -> None:
    for body in GARBAGE:
        said = poster.post(path, body, "application/json")
        assert said.status in (400, 422), (body[:50], said)
        assert said.body.decode() in (UNREADABLE, UNFIT)


def test_a_body_of_more_than_two_megabytes_is_too_large(poster: Poster) -> None:
    said = poster.post("/info", b" " * (2**21 + 1), "application/json")
    assert said.status == 413


@pytest.fixture
def socket(served: Served) -> Iterator[websocket.WebSocket]:
    one = websocket.create_connection(served.ws_url, timeout=60)
    yield one
    one.close()


def a_frame(dice: Dice, nonce: int) -> bytes:
    """A client's message, or nearly."""
    topic, number = nearly(TOPIC, dice), dice.of((0, 1, -1, 2**31, 2**70))
    post = {"method": "post", "id": number}
    question = {"type": "info", "payload": nearly(QUESTION, dice)}
    action = {"type": "action", "payload": json.loads(an_action(dice, nonce))}
    return raw(
        dice.of(
            (
                {"method": "subscribe", "subscription": topic},
                {"method": "subscribe", "subscription": topic},
                {"method": "unsubscribe", "subscription": topic},
                {**post, "request": question},
                {**post, "request": action},
                {"method": topic},
                {"method": "post", "id": topic, "request": question},
                topic,
            )
        )
    )


def heard_until_pong(socket: websocket.WebSocket) -> list[Any]:
    socket.send('{"method":"ping"}')
    heard = []
    while (frame := json.loads(socket.recv()))["channel"] != "pong":
        heard.append(frame)
    return heard


def test_frames_get_an_answer_or_an_error_and_the_socket_lives(
    served: Served, socket: websocket.WebSocket
) -> None:
    dice = Dice(3)
    for number in range(300):
        socket.send(a_frame(dice, NOW_MS + 10_000 + number))
        answers = heard_until_pong(socket)
        assert REPLIES & {one["channel"] for one in answers}
        if number % 20 == 0:
            served.advance(2_000)


@pytest.mark.parametrize("is_binary", [False, True])
def test_garbage_on_a_socket_gets_an_error(
    socket: websocket.WebSocket, is_binary: bool
) -> None:
    texts = [one for one in GARBAGE if one.decode(errors="replace").encode() == one]
    for body in GARBAGE if is_binary else texts:
        send = socket.send_binary if is_binary else socket.send
        send(body)
        (answer,) = heard_until_pong(socket)
        assert answer["channel"] == "error"
