"""Faults of the exchange itself: phases, listings, clock, accounts."""

from typing import Any

import pytest

from hlsim.faults.kinds import (
    ClockSkew,
    Delist,
    DropOrders,
    Enlist,
    ExpireAgent,
    LateCandles,
    Liquidate,
    Maintenance,
    Plan,
    PostOnly,
    RefuseAction,
)
from tests.unit.hlsim.server.conftest import USER, Desk, Open, follow, said
from tests.unit.hlsim.server.fake_venue import NEVER_PLACED, POST_ONLY
from tests.unit.hlsim.server.trading import (
    NOW,
    STOP,
    act,
    cancel,
    faulty,
    has_landed,
    injected,
    order,
)

MINUTE = 60_000
DAY = 86_400_000
ALO = {"limit": {"tif": "Alo"}}


async def statuses(desk: Desk, action: dict[str, Any]) -> Any:
    return (await act(desk, action))["response"]["data"]["statuses"]


async def test_o7_the_exchange_tells_another_time(open_desk: Open) -> None:
    desk = await faulty(open_desk, ClockSkew(by_ms=-90_000, lasts_ms=5000))
    assert (await desk.ask(type="exchangeStatus"))["time"] == NOW - 90_000
    book = await desk.ask(type="l2Book", coin="BTC")
    socket = await desk.connect()
    await follow(socket, type="l2Book", coin="BTC")
    framed = (await said(socket))["data"]["time"]
    desk.clock.advance(5000)
    assert (await desk.ask(type="exchangeStatus"))["time"] == NOW + 5000
    assert framed == book["time"] <= NOW - 90_000


async def test_o7_a_nonce_is_judged_by_the_skewed_clock(open_desk: Open) -> None:
    skewed = ClockSkew(by_ms=3 * DAY, lasts_ms=5000)
    desk = await faulty(open_desk, skewed)
    refused = {"status": "err", "response": "Invalid nonce"}
    assert await act(desk, order("0x1")) == refused
    assert (await act(desk, order("0x1"), nonce=NOW + 3 * DAY))["status"] == "ok"
    desk.clock.advance(5000)
    assert (await act(desk, order("0x2")))["status"] == "ok"


async def test_o7_candles_keep_their_grid(open_desk: Open) -> None:
    desk = await faulty(open_desk, ClockSkew(by_ms=1234))
    req = {"coin": "BTC", "interval": "1m", "startTime": NOW - 5 * MINUTE}
    rows = await desk.ask(type="candleSnapshot", req=req)
    assert [row["t"] % MINUTE for row in rows] == [0] * 2


async def test_o8_maintenance_is_announced_and_only_cancels_pass(
    open_desk: Open,
) -> None:
    fault = Maintenance(after_ms=1000, lasts_ms=5000, text="upgrade",
                        allow=("cancel", "cancelByCloid"))  # fmt: skip
    desk = await faulty(open_desk, fault)
    await act(desk, order("0x1"))
    desk.clock.advance(1000)
    status = await desk.ask(type="exchangeStatus")
    assert status == {"time": NOW + 1000, "specialStatuses": "upgrade"}
    refused = {"status": "err", "response": "upgrade"}
    assert await act(desk, order("0x2")) == refused
    assert await statuses(desk, cancel("0x1")) == ["success"]
    desk.clock.advance(5000)
    assert (await desk.ask(type="exchangeStatus"))["specialStatuses"] is None
    assert not await has_landed(desk, "0x2")
    assert (await act(desk, order("0x2")))["status"] == "ok"


async def test_o8_maintenance_is_told_on_the_websocket_too(open_desk: Open) -> None:
    desk = await faulty(open_desk, Maintenance(text="upgrade"))
    socket = await desk.connect()
    request = {"type": "info", "payload": {"type": "exchangeStatus"}}
    await socket.send_json({"method": "post", "id": 1, "request": request})
    payload = (await said(socket))["data"]["response"]["payload"]
    assert payload["type"] == "exchangeStatus"
    assert payload["data"]["specialStatuses"] == "upgrade"


async def test_o8_after_an_upgrade_only_post_only_orders_pass(open_desk: Open) -> None:
    desk = await faulty(open_desk, PostOnly(lasts_ms=5000))
    assert await statuses(desk, order("0x1")) == [{"error": POST_ONLY}]
    assert "resting" in (await statuses(desk, order("0x2", t=ALO)))[0]
    desk.clock.advance(5000)
    assert "resting" in (await statuses(desk, order("0x3")))[0]


async def test_o5_an_account_is_liquidated(open_desk: Open) -> None:
    fault = Liquidate(user=USER.upper().replace("X", "x"), upon="request", nth=2,
                      upon_types=("clearinghouseState",))  # fmt: skip
    desk = await faulty(open_desk, fault)
    held = [
        len((await desk.ask(type="clearinghouseState", user=USER))["assetPositions"])
        for _ in range(2)
    ]
    assert held == [1, 0]


async def test_o11_a_protective_stop_vanishes(open_desk: Open) -> None:
    desk = await faulty(open_desk, DropOrders(user=USER, after_ms=1000))
    await act(desk, order("0x1", t=STOP))
    await act(desk, order("0x2"))
    desk.clock.advance(1000)
    assert await statuses(desk, cancel("0x1")) == [{"error": NEVER_PLACED}]
    assert await statuses(desk, cancel("0x2")) == ["success"]


async def test_o12_an_agent_expires_while_it_trades(open_desk: Open) -> None:
    desk = await faulty(open_desk, ExpireAgent(user=USER, agent="bot", after_ms=1000))
    assert (await act(desk, order("0x1"), agent="bot"))["status"] == "ok"
    desk.clock.advance(1000)
    refused = await act(desk, order("0x2"), agent="bot")
    assert refused["response"] == "User or API Wallet 0x0 does not exist."
    assert (await act(desk, order("0x2"), agent="other"))["status"] == "ok"


async def test_o12_a_wrong_key_is_refused_in_the_words_of_the_wire(
    open_desk: Open,
) -> None:
    text = f"User or API Wallet {USER} does not exist."
    desk = await faulty(open_desk, RefuseAction(text=text))
    refused = {"status": "err", "response": text}
    assert await act(desk, order("0x1")) == refused


async def test_m1_a_coin_is_delisted_while_it_trades(open_desk: Open) -> None:
    desk = await faulty(open_desk, Delist(coin="ETH", after_ms=1000))
    before = (await desk.ask(type="meta"))["universe"]
    desk.clock.advance(1000)
    after = (await desk.ask(type="meta"))["universe"]
    assert [one["name"] for one in after] == [one["name"] for one in before]
    gone = [one["name"] for one in after if one.get("isDelisted")]
    assert set(gone) - {x["name"] for x in before if x.get("isDelisted")} == {"ETH"}


async def test_m1_a_coin_is_listed_while_others_trade(open_desk: Open) -> None:
    fault = Enlist(coin="NEW", px="1.5", sz_decimals=3, max_leverage=5, after_ms=1000)
    desk = await faulty(open_desk, fault)
    before = (await desk.ask(type="meta"))["universe"]
    desk.clock.advance(1000)
    (*others, last) = (await desk.ask(type="meta"))["universe"]
    assert others == before
    assert (last["name"], last["szDecimals"], last["maxLeverage"]) == ("NEW", 3, 5)


async def test_w9_a_minute_is_missing_first_and_flat_later(open_desk: Open) -> None:
    desk = await faulty(open_desk, LateCandles(coin="BTC", after_ms=1000))
    begin = NOW - NOW % MINUTE
    req = {"coin": "BTC", "interval": "1m", "startTime": begin}

    async def opens() -> dict[int, int]:
        rows = await desk.ask(type="candleSnapshot", req=req)
        return {row["t"] - begin: row["n"] for row in rows}

    desk.clock.advance(1000)
    await injected(desk, "late_candles")
    for _ in range(2):
        desk.clock.advance(MINUTE)
        # Each block that passed is at the wire by the answer to the next request.
        await desk.ask(type="exchangeStatus")
    assert sorted(await opens()) == [0, 2 * MINUTE]
    desk.clock.advance(MINUTE)
    await desk.ask(type="exchangeStatus")
    late = await opens()
    assert late[MINUTE] == 0 < late[2 * MINUTE]


@pytest.mark.parametrize("coin", ["NOPE", "BTC"])
async def test_what_an_exchange_cannot_do_is_told_and_harms_nothing(
    open_desk: Open, coin: str
) -> None:
    fault = Delist(coin=coin) if coin == "NOPE" else Enlist(coin=coin, px="1")
    desk = await faulty(open_desk, fault)
    await injected(desk, fault.kind)
    assert desk.server.faults is not None
    told = desk.server.faults.injector.recent[-1]
    assert told.failed in ("there is no coin called 'NOPE'", "BTC is listed already")


@pytest.mark.parametrize(
    "fault",
    [
        Delist(coin="BTC"),
        Enlist(coin="NEW", px="1"),
        Liquidate(user=USER),
        ExpireAgent(user=USER, agent="x"),
        PostOnly(lasts_ms=5),
        LateCandles(coin="BTC"),
        DropOrders(user=USER),
    ],
    ids=lambda fault: fault.kind,
)
async def test_an_exchange_without_trading_says_what_it_cannot_do(
    open_desk: Open, fault: Any
) -> None:
    desk = await open_desk(faults=Plan(faults=(fault,)))
    assert desk.server.faults is not None
    assert "this exchange" in str(desk.server.faults.injector.recent[-1].failed)
    assert await desk.ask(type="meta")
