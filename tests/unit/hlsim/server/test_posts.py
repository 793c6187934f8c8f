"""POST /info and /exchange: status codes, bodies and the budget of an address."""

import asyncio
import re
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest

from hlsim.core.intervals import MINUTE_MS
from hlsim.server.settings import Deposit, Holding, Limits, RecordedFile
from tests.unit.hlsim.server.conftest import USER, Desk, Open
from tests.unit.hlsim.signers import MASTER, signed

UNFIT = b"Failed to deserialize the JSON body into the target type"


@pytest.mark.parametrize(
    "body",
    [
        {"type": "nonsense"},
        {"coin": "BTC"},
        {"type": "l2Book"},
        {"type": "l2Book", "coin": 5},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": 6},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": 4, "mantissa": 2},
        {"type": "clearinghouseState", "user": "0x12"},
        {"type": "candleSnapshot", "req": {"coin": "BTC", "interval": "7m"}},
        [],
    ],
)
async def test_a_body_that_does_not_fit_is_a_plain_422(
    desk: Desk, body: object
) -> None:
    assert await desk.post("/info", body) == (422, "text/plain", UNFIT)


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b'{"type":' + b"[" * 100_000])
async def test_text_that_is_no_json_is_a_400(desk: Desk, body: bytes) -> None:
    status, kind, _ = await desk.post("/info", body)
    assert (status, kind) == (400, "text/plain")


@pytest.mark.parametrize(
    "request_body",
    [
        {"type": "fundingHistory", "coin": "NOPE", "startTime": 0},
        {"type": "recentTrades", "coin": "NOPE"},
        {"type": "activeAssetData", "user": USER, "coin": "NOPE"},
    ],
)
async def test_an_unknown_coin_is_a_500_with_null(
    desk: Desk, request_body: object
) -> None:
    answer = await desk.post("/info", request_body)
    assert answer == (500, "application/json", b"null")


async def test_the_book_of_an_unknown_coin_is_null(desk: Desk) -> None:
    answer = await desk.post("/info", {"type": "l2Book", "coin": "NOPE"})
    assert answer == (200, "application/json", b"null")


async def test_unknown_fields_are_ignored(desk: Desk) -> None:
    assert await desk.ask(type="allMids", surprise=1)


async def test_the_server_clock_is_the_injected_one(desk: Desk) -> None:
    desk.clock.advance(123)
    status = await desk.ask(type="exchangeStatus")
    assert status == {"time": desk.clock.now_ms(), "specialStatuses": None}


async def test_prices_of_all_answers_agree(desk: Desk) -> None:
    mids = await desk.ask(type="allMids")
    meta, contexts = await desk.ask(type="metaAndAssetCtxs")
    book = await desk.ask(type="l2Book", coin="BTC")
    names = [row["name"] for row in meta["universe"]]
    assert len(names) == len(contexts) == 40
    with_mid = {
        name: ctx["midPx"]
        for name, ctx in zip(names, contexts, strict=True)
        if ctx["midPx"] is not None
    }
    assert with_mid == mids
    bid, ask = (float(side[0]["px"]) for side in book["levels"])
    assert float(mids["BTC"]) == (bid + ask) / 2
    assert contexts[0]["impactPxs"] == [side[0]["px"] for side in book["levels"]]


async def test_whole_prices_carry_a_zero(desk: Desk) -> None:
    book = await desk.ask(type="l2Book", coin="BTC")
    assert all(level["px"].endswith(".0") for level in book["levels"][0])


@pytest.mark.parametrize(("figures", "mantissa"), [(2, None), (4, None), (5, 5)])
async def test_grouped_books_have_coarser_prices_and_the_same_size(
    desk: Desk, figures: int, mantissa: int | None
) -> None:
    plain = await desk.ask(type="l2Book", coin="ETH")
    question = {"nSigFigs": figures, "mantissa": mantissa}
    grouped = await desk.ask(type="l2Book", coin="ETH", **question)
    assert "spread" not in plain
    assert float(grouped["spread"]) > 0
    for side in (0, 1):
        sizes = [
            sum(float(x["sz"]) for x in b["levels"][side]) for b in (plain, grouped)
        ]
        assert sizes[0] == pytest.approx(sizes[1])
        assert len(grouped["levels"][side]) < len(plain["levels"][side])
    step = 10 ** (4 - figures) * (mantissa or 1)
    prices = [float(level["px"]) for level in grouped["levels"][0]]
    assert all((px / step) == pytest.approx(round(px / step)) for px in prices)


async def test_the_last_row_is_the_forming_candle(desk: Desk) -> None:
    now = desk.clock.now_ms()
    req = {"coin": "BTC", "interval": "1m", "startTime": now - 10 * MINUTE_MS}
    rows = await desk.ask(type="candleSnapshot", req=req)
    assert len(rows) == 11
    assert rows[-1]["t"] <= now <= rows[-1]["T"]
    assert rows[0]["T"] >= req["startTime"] > rows[0]["t"]


@pytest.mark.parametrize("interval", ["1m", "1d", "1M"])
async def test_a_start_in_the_future_selects_nothing(desk: Desk, interval: str) -> None:
    for start in (desk.clock.now_ms() + 40 * 86_400_000, 2**63):
        req = {"coin": "BTC", "interval": interval, "startTime": start}
        assert await desk.ask(type="candleSnapshot", req=req) == []
    req = {"coin": "BTC", "interval": interval, "startTime": 0, "endTime": 2**63}
    assert await desk.ask(type="candleSnapshot", req=req)


async def test_recent_trades_are_newest_first(desk: Desk) -> None:
    trades = await desk.ask(type="recentTrades", coin="BTC")
    times = [trade["time"] for trade in trades]
    assert times == sorted(times, reverse=True)


async def test_known_accounts_are_users_and_others_missing(desk: Desk) -> None:
    assert await desk.ask(type="userRole", user=USER) == {"role": "user"}
    stranger = "0x" + "b" * 40
    assert await desk.ask(type="userRole", user=stranger) == {"role": "missing"}
    state = await desk.ask(type="clearinghouseState", user=stranger)
    assert state["marginSummary"]["accountValue"] == "0.0"
    assert state["assetPositions"] == []


async def test_an_account_is_valued_at_the_mark(desk: Desk) -> None:
    state = await desk.ask(type="clearinghouseState", user=USER)
    _, contexts = await desk.ask(type="metaAndAssetCtxs")
    mark = float(contexts[0]["markPx"])
    position = state["assetPositions"][0]["position"]
    assert float(position["positionValue"]) == pytest.approx(0.01 * mark)
    assert position["leverage"] == {"type": "cross", "value": 20}
    assert state["time"] == desk.clock.now_ms()


async def test_the_budget_of_an_address_is_spent_and_refilled(open_desk: Open) -> None:
    desk = await open_desk(limits=Limits(ip_weight=60))
    meta = {"type": "meta"}
    statuses = [(await desk.post("/info", meta))[0] for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    desk.clock.advance(20_000)
    assert (await desk.post("/info", meta))[0] == 200


async def test_many_candles_cost_more_than_few(open_desk: Open) -> None:
    desk = await open_desk(limits=Limits(ip_weight=100))
    req = {"coin": "BTC", "interval": "1m", "startTime": 0}
    # 20 + 1442 / 60 rounded up = 45; what is left is 55, then 10, which 20 exceeds.
    question = {"type": "candleSnapshot", "req": req}
    statuses = [(await desk.post("/info", question))[0] for _ in range(3)]
    assert statuses == [200, 200, 429]


async def test_a_signed_action_is_refused_in_the_words_of_the_wire(desk: Desk) -> None:
    body = {
        "action": {"type": "order", "orders": [], "grouping": "na"},
        "nonce": 1,
        "signature": {"r": "0x1", "s": "0x2", "v": 27},
    }
    status, _, text = await desk.post("/exchange", body)
    assert status == 200
    stranger = (
        rb'\{"status":"err","response":"User or API Wallet 0x[0-9a-f]{40} does not'
    )
    assert re.match(stranger, text)
    assert await desk.post("/exchange", {}) == (422, "text/plain", UNFIT)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ({"type": "perpDexs"}, [None]),
        ({"type": "perpsAtOpenInterestCap"}, []),
        ({"type": "allMids", "dex": "xyz"}, {}),
        ({"type": "metaAndAssetCtxs", "dex": "xyz"}, "empty meta"),
        ({"type": "userAbstraction", "user": USER}, "default"),
        ({"type": "subAccounts", "user": USER}, None),
        ({"type": "orderStatus", "user": USER, "oid": 1}, {"status": "unknownOid"}),
        ({"type": "maxBuilderFee", "user": USER, "builder": USER}, 0),
        ({"type": "spotClearinghouseState", "user": USER}, {"balances": []}),
        ({"type": "historicalOrders", "user": USER}, []),
        ({"type": "userFillsByTime", "user": USER, "startTime": 0}, []),
    ],
)
async def test_what_this_floor_does_not_have_is_answered_empty(
    desk: Desk, question: dict[str, object], answer: object
) -> None:
    if answer == "empty meta":
        answer = [{"universe": [], "marginTables": [], "collateralToken": 0}, []]
    assert await desk.ask(**question) == answer


async def test_all_perp_metas_begin_with_meta(desk: Desk) -> None:
    assert await desk.ask(type="allPerpMetas") == [await desk.ask(type="meta")]


async def test_margin_tables_are_those_of_meta_and_flat_ones_below_fifty(
    desk: Desk,
) -> None:
    meta = await desk.ask(type="meta")
    for number, table in meta["marginTables"]:
        assert await desk.ask(type="marginTable", id=number) == table
    assert await desk.ask(type="marginTable", id=99) is None
    flat = await desk.ask(type="marginTable", id=10)
    assert flat["marginTiers"] == [{"lowerBound": "0.0", "maxLeverage": 10}]


async def test_predicted_funding_is_that_of_the_context(desk: Desk) -> None:
    rows = dict(await desk.ask(type="predictedFundings"))
    _, contexts = await desk.ask(type="metaAndAssetCtxs")
    ((venue, prediction),) = rows["BTC"]
    assert venue == "HlPerp"
    assert prediction["fundingRate"] == contexts[0]["funding"]
    assert prediction["nextFundingTime"] % 3_600_000 == 0
    assert prediction["nextFundingTime"] > desk.clock.now_ms()


async def test_active_asset_data_tells_what_can_still_be_traded(desk: Desk) -> None:
    data = await desk.ask(type="activeAssetData", user=USER, coin="BTC")
    state = await desk.ask(type="clearinghouseState", user=USER)
    # The position is long: selling first closes it, which sets its margin free and
    # can open as much again.
    (row,) = state["assetPositions"]
    tied = 2 * Decimal(row["position"]["marginUsed"])
    free = Decimal(state["withdrawable"])
    assert [Decimal(one) for one in data["availableToTrade"]] == [free, free + tied]
    assert data["leverage"] == {"type": "cross", "value": 20}
    most = float(state["withdrawable"]) * 20 / float(data["markPx"])
    assert float(data["maxTradeSzs"][0]) == pytest.approx(most, abs=1e-5)
    thin = await desk.ask(type="activeAssetData", user=USER, coin="BERA")
    assert thin["leverage"] == {"type": "isolated", "value": 5}


async def test_a_candle_file_is_the_path_of_its_coin(open_desk: Open) -> None:
    path = Path("tests/data/candles/basana/bitstamp_btcusd_min_2020_01_01.csv")
    desk = await open_desk(recordings=(RecordedFile(path, "ETH"),), holdings=())
    meta = await desk.ask(type="meta")
    assert [row["name"] for row in meta["universe"]] == ["ETH"]
    mids = await desk.ask(type="allMids")
    assert float(mids["ETH"]) == pytest.approx(7160.69, rel=1e-3)
    assert (await desk.post("/info", {"type": "l2Book", "coin": "ETH"}))[0] == 200


async def test_an_isolated_position_tells_its_cash(open_desk: Open) -> None:
    held = Holding(USER, "HYPE", "2", "40", 10, is_cross=False)
    desk = await open_desk(holdings=(held,))
    state = await desk.ask(type="clearinghouseState", user=USER)
    position = state["assetPositions"][0]["position"]
    assert position["leverage"] == {
        "type": "isolated",
        "value": 10,
        "rawUsd": "-72.0",
    }
    margin = float(position["positionValue"]) - 72
    assert float(position["marginUsed"]) == pytest.approx(margin)
    assert state["crossMarginSummary"]["accountValue"] == "992.0"


async def test_actions_count_against_the_same_budget(open_desk: Open) -> None:
    desk = await open_desk(limits=Limits(ip_weight=1))
    assert (await desk.post("/exchange", b"{"))[0] == 400
    assert (await desk.post("/exchange", b"{"))[0] == 429


async def test_a_body_that_is_not_said_to_be_json_is_not_read(desk: Desk) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{desk.server.url}/info",
            data=b'{"type":"allMids"}',
            headers={"Content-Type": "text/plain"},
        ) as answer,
    ):
        assert answer.status == 415
        text = await answer.text()
        assert text == "Expected request with `Content-Type: application/json`"


async def test_pages_of_any_origin_may_read_answers(desk: Desk) -> None:
    async with aiohttp.ClientSession() as session:
        url = f"{desk.server.url}/info"
        async with session.options(url) as asked:
            assert asked.status == 200
            assert asked.headers["Access-Control-Allow-Headers"] == "content-type"
        async with session.post(url, json={"type": "allMids"}) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_client_that_leaves_in_a_body_leaves_no_trace(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    host, _, port = desk.server.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = "POST /info HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: 100\r\n\r\n{{".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert await desk.ask(type="exchangeStatus")
    assert caplog.records == []


async def test_a_book_that_users_changed_is_of_their_time(open_desk: Open) -> None:
    accounts = (Deposit(address=MASTER, funds=Decimal(100_000)),)
    desk = await open_desk(accounts=accounts, holdings=())
    before = (await desk.ask(type="l2Book", coin="BTC"))["time"]
    desk.clock.advance(7)  # less than a block
    order = {"a": 0, "b": True, "p": "150000", "s": "0.01", "r": False}
    order["t"] = {"limit": {"tif": "Ioc"}}
    action = {"type": "order", "orders": [order], "grouping": "na"}
    _, _, body = await desk.post("/exchange", signed(action, desk.clock.now_ms()))
    assert b"filled" in body
    after = (await desk.ask(type="l2Book", coin="BTC"))["time"]
    assert after == desk.clock.now_ms() > before
