"""Every recorded answer of the real API parses, to the last digit."""

from decimal import Decimal

import msgspec
import pytest

from tests.recordings import answers_of
from threet.adapters.hyperliquid import answers
from threet.model.accounts import MarginMode
from threet.model.errors import MalformedAnswerError

NOW_MS = 1_767_225_600_000


@pytest.mark.parametrize("body", answers_of("meta"))
def test_the_recorded_catalogue_parses_whole_and_in_order(body: bytes) -> None:
    products = answers.read("meta", body, answers.META, answers.products)
    universe = msgspec.json.decode(body)["universe"]
    assert [product.symbol for product in products] == [a["name"] for a in universe]
    assert [product.max_leverage for product in products] == [
        asset["maxLeverage"] for asset in universe
    ]
    assert products[0].pair == "BTC/USDC:USDC"


@pytest.mark.parametrize("body", answers_of("candleSnapshot"))
def test_recorded_candles_parse_and_only_the_last_one_forms(body: bytes) -> None:
    rows = msgspec.json.decode(body)
    now_ms = rows[-1]["T"] - 1
    bars = answers.read(
        "candles", body, answers.CANDLES, lambda wire: answers.candles(wire, now_ms)
    )
    assert [bar.open_ms for bar in bars] == [row["t"] for row in rows]
    assert [str(bar.close) for bar in bars] == [row["c"] for row in rows]
    assert [bar.is_closed for bar in bars] == [True] * (len(bars) - 1) + [False]


@pytest.mark.parametrize("body", answers_of("clearinghouseState"))
def test_the_recorded_account_parses_exactly(body: bytes) -> None:
    state = answers.read(
        "account", body, answers.ACCOUNT, lambda a: answers.account(a, "0x0", NOW_MS)
    )
    raw = msgspec.json.decode(body)
    assert str(state.account_value) == raw["marginSummary"]["accountValue"]
    open_ = [
        entry["position"]
        for entry in raw["assetPositions"]
        if Decimal(entry["position"]["szi"])
    ]
    assert [position.symbol for position in state.positions] == [
        position["coin"] for position in open_
    ]
    assert [str(position.entry_price) for position in state.positions] == [
        position["entryPx"] for position in open_
    ]


def test_f39_numbers_of_a_position_are_read_as_they_stand() -> None:
    body = msgspec.json.encode(
        {
            "marginSummary": {"accountValue": "83.3", "totalNtlPos": "75.65",
                              "totalRawUsd": "7.65", "totalMarginUsed": "7.52"},
            "withdrawable": "75.78",
            "crossMaintenanceMarginUsed": "0.0",
            "time": 1754467216357,
            "assetPositions": [{"type": "oneWay", "position": {
                "coin": "HYPE", "szi": "-2.0", "entryPx": "37.829",
                "leverage": {"type": "isolated", "value": 10, "rawUsd": "-68.12"},
                "positionValue": "75.652", "unrealizedPnl": "-0.006",
                "returnOnEquity": "-0.0007", "liquidationPx": "35.8559189474",
                "marginUsed": "7.525754", "maxLeverage": 10,
                "cumFunding": {"allTime": "4.96", "sinceOpen": "0.1",
                               "sinceChange": "0.0"}}}],
        }
    )  # fmt: skip
    state = answers.read(
        "account", body, answers.ACCOUNT, lambda a: answers.account(a, "0x0", NOW_MS)
    )
    (position,) = state.positions
    assert position.quantity == Decimal("-2.0")
    assert position.margin_mode is MarginMode.ISOLATED
    assert position.liquidation_price == Decimal("35.8559189474")
    assert state.account_ms == 1754467216357


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b"<html>", b'{"universe":[{}]}'])
def test_an_answer_that_breaks_the_protocol_is_told_as_such(body: bytes) -> None:
    with pytest.raises(MalformedAnswerError) as caught:
        answers.read("meta", body, answers.META, answers.products)
    assert str(caught.value).startswith("meta: ")
