"""The exchange in process: the wire's words without a wire, and time on demand."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from hlsim.core.commands import PlaceOrders, Statuses
from hlsim.core.exchange import UnknownCoinError
from hlsim.core.orders import Filled, OrderRequest, Tif
from hlsim.core.terms import Terms
from hlsim.server.settings import Deposit, Settings
from hlsim.virtual import VirtualExchange
from tests.unit.hlsim.signers import MASTER, signed

SETTINGS = Settings(
    symbols=20,
    history_days=1,
    accounts=(Deposit(address=MASTER, funds=Decimal(10_000)),),
)


def venue() -> VirtualExchange:
    return VirtualExchange(SETTINGS)


def market_buy(px_e8: int) -> OrderRequest:
    return OrderRequest(
        asset=0, is_buy=True, px_e8=px_e8, sz_e8=10**6, tif=Tif.FRONTEND_MARKET
    )


def test_time_stands_still_until_it_is_advanced() -> None:
    one = venue()
    before = one.now_ms
    mids = one.info({"type": "allMids"})
    assert one.info({"type": "allMids"}) == mids
    one.advance(60_000)
    assert one.now_ms == before + 60_000
    assert one.info({"type": "exchangeStatus"})["time"] == before + 60_000
    assert one.info({"type": "allMids"}) != mids


def test_a_command_and_a_signed_action_do_the_same() -> None:
    one, other = venue(), venue()
    one.advance(1000)
    other.advance(1000)
    result = one.act(MASTER, PlaceOrders(orders=[market_buy(110_000 * 10**8)]))
    order = {"a": 0, "b": True, "p": "110000", "s": "0.01", "r": False}
    order |= {"t": {"limit": {"tif": "FrontendMarket"}}}
    action = {"type": "order", "orders": [order], "grouping": "na"}
    answer = other.post_action(signed(action, nonce=other.now_ms))
    assert isinstance(result, Statuses)
    (filled,) = result.outcomes
    assert isinstance(filled, Filled)
    (status,) = answer["response"]["data"]["statuses"]
    assert status["filled"]["oid"] == filled.oid
    question = {"type": "userFills", "user": MASTER}
    assert one.info(question) == other.info(question)


def test_a_follower_hears_a_snapshot_and_then_the_news() -> None:
    one = venue()
    heard: list[Any] = []
    one.follow({"type": "userFills", "user": MASTER}, heard.append)
    one.act(MASTER, PlaceOrders(orders=[market_buy(110_000 * 10**8)]))
    first, news = heard
    assert first["data"]["isSnapshot"]
    assert first["data"]["fills"] == []
    assert [fill["dir"] for fill in news["data"]["fills"]] == ["Open Long"]


def test_questions_fail_as_on_the_wire() -> None:
    one = venue()
    with pytest.raises(msgspec.ValidationError):
        one.info({"type": "nonsense"})
    with pytest.raises(UnknownCoinError):
        one.info({"type": "recentTrades", "coin": "NOPE"})
    with pytest.raises(msgspec.ValidationError, match="user channels"):
        one.follow({"type": "allMids"}, print)


@pytest.mark.parametrize("newest_first", [True, False])
def test_the_order_of_fills_by_time_is_a_term(newest_first: bool) -> None:
    terms = Terms(fills_by_time_newest_first=newest_first)
    one = VirtualExchange(replace(SETTINGS, terms=terms))
    for _ in range(2):
        one.act(MASTER, PlaceOrders(orders=[market_buy(110_000 * 10**8)]))
        one.advance(1000)
    question = {"type": "userFillsByTime", "user": MASTER, "startTime": 0}
    times = [fill["time"] for fill in one.info(question)]
    assert times == sorted(times, reverse=newest_first)
    assert times[0] != times[-1]


@pytest.mark.parametrize(
    ("path", "body", "status", "answer"),
    [
        ("/info", b'{"type":"exchangeStatus"}', 200, b'"time":'),
        ("/info", b'{"type":"recentTrades","coin":"NONE"}', 500, b"null"),
        ("/info", b'{"type":"nothing"}', 422, b"Failed to deserialize"),
        ("/info", b"{", 400, b"Failed to parse"),
        ("/exchange", b"{}", 422, b"Failed to deserialize"),
    ],
)
def test_the_bytes_of_a_post_are_answered_as_a_server_does(
    path: str, body: bytes, status: int, answer: bytes
) -> None:
    found, said = VirtualExchange(Settings(symbols=2)).post(path, body)
    assert found == status
    assert answer in said
