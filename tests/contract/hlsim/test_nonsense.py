"""Bad input gets the documented error: never a 500 of our own, never lost money."""

from typing import Any, get_args

import msgspec
import pytest

from hlsim.core.exchange import UnknownCoinError
from hlsim.server.posts import UNFIT
from hlsim.virtual import VirtualExchange
from hlsim.wire.info import answer
from hlsim.wire.requests import decode_info
from hlsim.wire.subscriptions import AnySubscription, UserSubscription
from hlsim.wire.trading import decode_envelope, execute
from tests.contract.hlsim.nonsense import ADDRESSES, NOW_MS, nearly
from tests.contract.hlsim.nonsense_actions import (
    KEYS,
    QUESTION,
    SETTINGS,
    TRADER,
    an_action,
    approve,
    check_conservation,
    raw,
    signed,
)
from tests.contract.hlsim.nonsense_answers import (
    UNREADABLE,
    Said,
    check_answer,
    check_info,
)
from tests.random_actions import Dice


def prepared() -> VirtualExchange:
    venue = VirtualExchange(SETTINGS, start_ms=NOW_MS)
    venue.advance(2_000)
    approve(venue.exchange)
    return venue


def in_process(venue: VirtualExchange, body: bytes) -> Said:
    """Carry an action out as /exchange does."""
    try:
        envelope = decode_envelope(body)
        done = execute(venue.exchange, envelope, venue.now_ms)
    except msgspec.ValidationError:
        return Said(422, UNFIT.encode())
    except msgspec.DecodeError:
        return Said(400, UNREADABLE.encode())
    return Said(200, msgspec.json.encode(done))


def asked_in_process(venue: VirtualExchange, body: bytes) -> Said:
    """Answer a question as /info does."""
    try:
        found = answer(decode_info(body), venue.exchange, venue.now_ms)
    except msgspec.ValidationError:
        return Said(422, UNFIT.encode())
    except msgspec.DecodeError:
        return Said(400, UNREADABLE.encode())
    except UnknownCoinError:
        return Said(500, b"null")
    return Said(200, msgspec.json.encode(found))


def lived_through(seed: int) -> list[Any]:
    """Let users do a hundred things; returns the frames that told the trader."""
    venue, dice = prepared(), Dice(seed)
    frames = followed(venue)
    for _ in range(100):
        check_answer(in_process(venue, an_action(dice, venue.now_ms)))
        question = nearly(QUESTION, dice)
        check_info(question, asked_in_process(venue, raw(question)))
        venue.advance(1 + dice.of((0, 0, 0, 0, 1_000, 1_000, 5_000, 30_000)))
    check_conservation(venue.exchange)
    return frames


@pytest.mark.parametrize("seed", range(1, 13))
def test_no_action_breaks_the_exchange_or_loses_money(seed: int) -> None:
    lived_through(seed)


def test_nonsense_makes_enough_sense_to_be_traded() -> None:
    channels = {one["channel"] for one in lived_through(9)}
    assert {"orderUpdates", "userFills", "user", "userTwapHistory"} <= channels


def followed(venue: VirtualExchange) -> list[Any]:
    """The frames that follow on every channel of the trader's."""
    frames: list[Any] = []
    for kind in get_args(AnySubscription):
        if issubclass(kind, UserSubscription):
            name = kind.__struct_config__.tag
            venue.follow({"type": name, "user": TRADER, "coin": "BTC"}, frames.append)
    return frames


def test_every_question_gets_a_documented_answer() -> None:
    venue, dice = prepared(), Dice(0)
    for _ in range(3_000):
        question = nearly(QUESTION, dice)
        check_info(question, asked_in_process(venue, raw(question)))


BATCHES = [
    {"type": "cancel", "cancels": [{"a": 0, "o": number} for number in range(10_000)]},
    {
        "type": "order",
        "orders": [
            {"a": 0, "b": True, "p": "105000", "s": "0", "r": False}
            | {"t": {"limit": {"tif": "Gtc"}}}
        ]
        * 10_000,
        "grouping": "na",
    },
    {
        "type": "order",
        "orders": [
            {"a": number % 4, "b": True, "p": "1", "s": "0.00001", "r": True}
            | {"t": {"limit": {"tif": "Ioc"}}}
            for number in range(10_000)
        ],
        "grouping": "positionTpsl",
    },
    {"type": "batchModify", "modifies": []},
    {"type": "order", "orders": [], "grouping": "normalTpsl"},
]


@pytest.mark.parametrize("batch", BATCHES)
def test_the_longest_and_the_shortest_batches_are_answered(batch: Any) -> None:
    venue = prepared()
    said = in_process(venue, signed(batch, KEYS[0], venue.now_ms))
    assert said.status == 200
    check_answer(said)
    check_conservation(venue.exchange)


@pytest.mark.parametrize(
    "amount", [" 1", "1 ", "1_0", "٣", "0x1", "1,5", "+-1", ".", "9" * 10**6 + "x"]
)
def test_an_amount_that_only_python_can_read_is_refused(amount: str) -> None:
    venue = prepared()
    sent = {"type": "usdSend", "destination": ADDRESSES[0], "amount": amount}
    approved = {"type": "approveBuilderFee", "builder": ADDRESSES[0]}
    approved["maxFeeRate"] = f"{amount}%"
    texts = []
    for action in (sent, approved):
        said = in_process(venue, signed(action, KEYS[0], venue.now_ms))
        texts.append(msgspec.json.decode(said.body)["response"])
        venue.advance(1)
    assert texts == ["Invalid amount", "Invalid max fee rate"]
