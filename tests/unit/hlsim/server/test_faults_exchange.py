"""Faults of the exchange itself: phases, listings, clock, accounts."""

from pathlib import Path
from typing import Any

import pytest

from hlsim.core import rules
from hlsim.faults.kinds import (
    ClockSkew,
    Delist,
    DropOrders,
    Enlist,
    ExpireAgent,
    LateCandles,
    Liquidate,
    Maintenance,
    PostOnly,
    RefuseAction,
)
from hlsim.server.settings import Holding, RecordedFile
from tests.unit.hlsim.server.conftest import USER, Desk, Open, follow, said
from tests.unit.hlsim.server.trading import (
    ALO,
    NOW,
    act,
    buy,
    cancel,
    faulty,
    following,
    has_landed,
    heard,
    held,
    injected,
    lived,
    order,
    state_of,
    statuses,
    stop,
)
from tests.unit.hlsim.signers import AGENT, AGENT_KEY, MASTER, approval

NEVER = {"error": f"{rules.NEVER_PLACED} asset=0"}
MINUTE = 60_000
DAY = 86_400_000
POST_ONLY = {"error": f"{rules.POST_ONLY_PHASE.text} asset=0"}
CAPTURE = Path("tests/data/hyperliquid/ws/btc_l2book_trades_20250126.gz")


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
    refused = await act(desk, order(1), nonce=NOW)
    least = NOW + DAY  # two days before the skewed time
    text = f"Invalid nonce: nonce too low {NOW} < {least}"
    assert refused == {"status": "err", "response": text}
    assert (await act(desk, order(1), nonce=NOW + 3 * DAY))["status"] == "ok"
    desk.clock.advance(5000)
    assert (await act(desk, order(2), nonce=NOW))["status"] == "ok"


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
    await act(desk, order(1))
    desk.clock.advance(1000)
    status = await desk.ask(type="exchangeStatus")
    assert status == {"time": NOW + 1000, "specialStatuses": "upgrade"}
    refused = {"status": "err", "response": "upgrade"}
    assert await act(desk, order(2)) == refused
    assert await statuses(desk, cancel(1)) == ["success"]
    desk.clock.advance(5000)
    assert (await desk.ask(type="exchangeStatus"))["specialStatuses"] is None
    assert not await has_landed(desk, 2)
    assert (await act(desk, order(2)))["status"] == "ok"


async def test_o8_maintenance_is_told_on_the_websocket_too(open_desk: Open) -> None:
    desk = await faulty(open_desk, Maintenance(text="upgrade"))
    socket = await desk.connect()
    request = {"type": "info", "payload": {"type": "exchangeStatus"}}
    await socket.send_json({"method": "post", "id": 1, "request": request})
    payload = (await said(socket))["data"]["response"]["payload"]
    assert payload["type"] == "exchangeStatus"
    assert payload["data"]["specialStatuses"] == "upgrade"


async def test_o8_after_an_upgrade_only_post_only_orders_and_cancels_pass(
    open_desk: Open,
) -> None:
    desk = await faulty(open_desk, PostOnly(lasts_ms=5000))
    assert await statuses(desk, order(1)) == [POST_ONLY]
    assert "resting" in (await statuses(desk, order(2, t=ALO)))[0]
    assert await statuses(desk, cancel(2)) == ["success"]
    assert await state_of(desk, 1) == "rejected"
    desk.clock.advance(5000)
    assert "resting" in (await statuses(desk, order(3)))[0]


async def test_o5_an_account_is_liquidated(open_desk: Open) -> None:
    fault = Liquidate(user=MASTER.upper().replace("X", "x"), after_ms=1000)
    desk = await faulty(open_desk, fault)
    await buy(desk, 1, "0.01")
    await act(desk, order(2))
    socket = await following(desk, "userEvents", "userFills", "orderUpdates")
    assert await held(desk) == "0.01"
    desk.clock.advance(1000)
    await injected(desk, "liquidate")
    assert await held(desk) == "0"
    events = await heard(socket, "user")
    (row,) = (fill for one in events for fill in one.get("fills", ()))
    assert row["startPosition"] == row["sz"] == "0.01"
    assert (row["dir"], row["liquidation"]["method"]) == ("Close Long", "market")
    assert row["liquidation"]["liquidatedUser"] == MASTER
    (told,) = (one["liquidation"] for one in events if "liquidation" in one)
    assert told["liquidated_user"] == MASTER
    assert await state_of(desk, 2) == "liquidatedCanceled"
    assert ["nonUserCancel"] in [list(one) for one in events]
    newest = (await desk.ask(type="userFills", user=MASTER))[0]
    assert newest["liquidation"] == row["liquidation"]


@pytest.mark.parametrize(
    ("holding", "leverage_type"),
    [
        (Holding(MASTER, "BTC", "2", "100000"), "Cross"),  # 210,000 dollars: large
        (Holding(MASTER, "BTC", "-0.01", "100000", 10, is_cross=False), "Isolated"),
    ],
)
async def test_o5_a_liquidation_leaves_no_position_and_is_told(
    open_desk: Open, holding: Holding, leverage_type: str
) -> None:
    fault = Liquidate(user=MASTER, after_ms=1000)
    desk = await faulty(open_desk, fault, holdings=(holding,))
    socket = await following(desk, "userEvents")
    desk.clock.advance(1000)
    await injected(desk, "liquidate")
    assert await held(desk) == "0"
    told = [one["liquidation"] for one in await heard(socket, "user")
            if "liquidation" in one]  # fmt: skip
    assert told
    question = {"type": "userNonFundingLedgerUpdates", "user": MASTER}
    rows = await desk.ask(**question, startTime=NOW + 1)
    assert len(rows) == len(told)
    delta = rows[0]["delta"]
    assert (delta["type"], delta["leverageType"]) == ("liquidation", leverage_type)
    (position,) = delta["liquidatedPositions"]
    assert position == {"coin": "BTC", "szi": f"{float(holding.szi)}"}


async def test_o11_a_protective_stop_vanishes_and_nobody_is_told(
    open_desk: Open,
) -> None:
    desk = await faulty(open_desk, DropOrders(user=MASTER, after_ms=1000))
    await buy(desk, 1, "0.01")
    await act(desk, stop(2))
    await act(desk, order(3))
    socket = await following(desk, "userEvents", "orderUpdates")
    desk.clock.advance(1000)
    await injected(desk, "drop_orders")
    assert await heard(socket) == []
    open_orders = await desk.ask(type="frontendOpenOrders", user=MASTER)
    assert [one["isTrigger"] for one in open_orders] == [False]
    assert await state_of(desk, 2) == "internalCancel"
    assert await statuses(desk, cancel(2)) == [NEVER]
    assert await statuses(desk, cancel(3)) == ["success"]
    assert await held(desk) == "0.01"


async def test_o11_a_stop_that_vanishes_may_be_told(open_desk: Open) -> None:
    desk = await faulty(open_desk, DropOrders(user=MASTER, told=True, after_ms=1000))
    await act(desk, stop(1))
    socket = await following(desk, "userEvents", "orderUpdates")
    desk.clock.advance(1000)
    await injected(desk, "drop_orders")
    (update,), event = await heard(socket)
    assert update["status"] == "internalCancel"
    oid = update["order"]["oid"]
    assert event == {"nonUserCancel": [{"coin": "BTC", "oid": oid}]}


async def test_o12_an_agent_expires_while_it_trades(open_desk: Open) -> None:
    desk = await faulty(open_desk, ExpireAgent(user=MASTER, agent="bot", after_ms=1000))
    approved = await desk.post("/exchange", approval(AGENT, "bot", desk.nonce()))
    assert b'"ok"' in approved[2]
    assert "resting" in (await statuses(desk, order(1), key=AGENT_KEY))[0]
    role = {"role": "agent", "data": {"user": MASTER}}
    assert await desk.ask(type="userRole", user=AGENT) == role
    desk.clock.advance(1000)
    await injected(desk, "expire_agent")
    text = f"User or API Wallet {AGENT} does not exist."
    refused = await act(desk, order(2), key=AGENT_KEY)
    assert refused == {"status": "err", "response": text}
    assert await desk.ask(type="userRole", user=AGENT) == {"role": "missing"}
    assert await desk.ask(type="extraAgents", user=MASTER) == []
    assert "resting" in (await statuses(desk, order(2)))[0]
    assert await has_landed(desk, 1)


async def test_o12_a_wrong_key_is_refused_in_the_words_of_the_wire(
    open_desk: Open,
) -> None:
    desk = await faulty(open_desk)
    refused = await act(desk, order(1), key=AGENT_KEY)
    text = f"User or API Wallet {AGENT} does not exist."
    assert refused == {"status": "err", "response": text}
    injecting = await faulty(open_desk, RefuseAction(text=text))
    assert await act(injecting, order(1)) == refused


async def test_m1_a_coin_is_delisted_while_it_trades(open_desk: Open) -> None:
    desk = await faulty(open_desk, Delist(coin="ETH", after_ms=50))
    in_eth = {"a": 1, "p": "3000", "s": "0.01"}
    await act(desk, order(1, **in_eth))
    await act(desk, order(2))
    # What is taken from a book must not stand there for ever.
    await statuses(desk, order(3, a=1, p="5000", s="0.01"))
    seen = await desk.ask(type="l2Book", coin="ETH")
    socket = await following(desk, "orderUpdates", "userEvents")
    before = (await desk.ask(type="meta"))["universe"]
    desk.clock.advance(50)  # less than a block
    await injected(desk, "delist")
    after = (await desk.ask(type="meta"))["universe"]
    assert [one["name"] for one in after] == [one["name"] for one in before]
    assert [one["name"] for one in after if one.get("isDelisted")] == ["ETH"]
    (update,), fills, event = await heard(socket)
    assert update["status"] == await state_of(desk, 1) == "delistedCanceled"
    assert event["nonUserCancel"][0]["coin"] == "ETH"
    (settled,) = fills["fills"]
    assert (settled["dir"], settled["sz"], settled["fee"]) == (
        "Settlement",
        "0.01",
        "0.0",
    )
    state = await desk.ask(type="clearinghouseState", user=MASTER)
    assert state["assetPositions"] == []
    assert await has_landed(desk, 2)
    assert set(await desk.ask(type="allMids")) == {"BTC", "SOL"}
    book = await desk.ask(type="l2Book", coin="ETH")
    assert book["levels"] == [[], []]
    assert book["time"] >= seen["time"]
    refused = {"error": f"{rules.DELISTED.text} asset=1"}
    assert await statuses(desk, order(4, **in_eth)) == [refused]


async def test_m1_a_coin_is_listed_while_others_trade(open_desk: Open) -> None:
    fault = Enlist(coin="NEW", px="1.5", sz_decimals=1, max_leverage=5, after_ms=1000)
    desk = await faulty(open_desk, fault, history_days=1)
    before = (await desk.ask(type="meta"))["universe"]
    desk.clock.advance(1000)
    (*others, last) = (await desk.ask(type="meta"))["universe"]
    assert others == before
    assert (last["name"], last["szDecimals"], last["maxLeverage"]) == ("NEW", 1, 5)
    _, contexts = await desk.ask(type="metaAndAssetCtxs")
    assert len(contexts) == 4
    assert await desk.ask(type="fundingHistory", coin="NEW", startTime=0) == []
    socket = await desk.connect()
    await follow(socket, type="trades", coin="NEW")
    number = len(others)
    (mine,) = await statuses(desk, order(1, a=number, p="2.5", s="10"))
    assert mine["filled"]["totalSz"] == "10.0"
    assert await held(desk, "NEW") == "10.0"
    prints = [row for rows in await heard(socket, "trades") for row in rows]
    assert {row["coin"] for row in prints} == {"NEW"}
    assert MASTER in prints[-1]["users"]
    await lived(desk, 2 * MINUTE)
    assert await heard(socket, "trades")


async def minutes_of(desk: Desk, coin: str, begin: int) -> dict[int, Any]:
    """The one-minute candles since ``begin``, by how many ms later they open."""
    req = {"coin": coin, "interval": "1m", "startTime": begin}
    rows = await desk.ask(type="candleSnapshot", req=req)
    return {row["t"] - begin: row for row in rows}


async def test_w9_minutes_are_missing_first_and_flat_later(open_desk: Open) -> None:
    desk = await faulty(open_desk, LateCandles(coin="BTC", minutes=2, after_ms=1000))
    begin = NOW - NOW % MINUTE
    desk.clock.advance(1000)
    await injected(desk, "late_candles")
    await lived(desk, 3 * MINUTE)  # NOW is 40 s into its minute
    missing = await minutes_of(desk, "BTC", begin)
    assert sorted(missing) == [0, 3 * MINUTE]
    await lived(desk, MINUTE)
    late = await minutes_of(desk, "BTC", begin)
    assert sorted(late) == [MINUTE * one for one in range(5)]
    close = late[0]["c"]
    for one in (1, 2):
        row = late[one * MINUTE]
        assert [row[key] for key in "ohlc"] == [close] * 4
        assert (row["n"], row["v"]) == (0, "0.0")
    assert late[3 * MINUTE] == missing[3 * MINUTE] | {
        key: late[3 * MINUTE][key] for key in ("h", "l", "c", "v", "n")
    }


async def test_w9_other_coins_trade_on(open_desk: Open) -> None:
    desk = await faulty(open_desk, LateCandles(coin="BTC"))
    await lived(desk, 2 * MINUTE)
    assert MINUTE in await minutes_of(desk, "ETH", NOW - NOW % MINUTE)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Delist(coin="NOPE"), "there is no coin called 'NOPE'"),
        (Enlist(coin="BTC", px="1"), "two instruments have the same name"),
        (Liquidate(user=USER), f"{USER} has no position"),
        (ExpireAgent(user=USER, agent="x"), f"{USER} has no agent 'x'"),
        (DropOrders(user=USER, coin="NOPE"), "there is no coin called 'NOPE'"),
    ],
)
async def test_what_an_exchange_cannot_do_is_told_and_harms_nothing(
    open_desk: Open, fault: Any, told: str
) -> None:
    desk = await faulty(open_desk, fault)
    await injected(desk, fault.kind)
    assert desk.server.faults is not None
    assert desk.server.faults.injector.recent[-1].failed == told
    assert "resting" in (await statuses(desk, order(1)))[0]


@pytest.mark.parametrize(
    "fault",
    [Delist(coin="BTC"), Enlist(coin="NEW", px="1"), LateCandles(coin="BTC")],
    ids=lambda fault: fault.kind,
)
async def test_a_recording_cannot_be_changed_and_says_so(
    open_desk: Open, fault: Any
) -> None:
    recorded = (RecordedFile(CAPTURE),)
    desk = await faulty(open_desk, fault, recordings=recorded)
    assert desk.server.faults is not None
    assert "recorded" in str(desk.server.faults.injector.recent[-1].failed)
    assert await desk.ask(type="meta")
