"""The life of orders under faults, as a bot finds it out: rows O1 to O9, W3, W5."""

import asyncio
from typing import Any

import msgspec
import pytest

from hlsim.core import rules
from hlsim.core.terms import Terms
from hlsim.faults.kinds import (
    DelayAnswer,
    DelayRequest,
    Duplicate,
    LoseAnswer,
    LoseRequest,
    Maintenance,
    PostOnly,
    Reorder,
    Silence,
    SnapshotAgain,
)
from hlsim.server.settings import Limits
from tests.unit.hlsim.server.conftest import Desk, Open
from tests.unit.hlsim.server.trading import (
    ALO,
    IOC,
    NOW,
    act,
    best,
    buy,
    cancel,
    cloid,
    faulty,
    following,
    has_landed,
    heard,
    held,
    injected,
    lived,
    order,
    signed,
    state_of,
    statuses,
    stop,
)
from tests.unit.hlsim.signers import MASTER, OTHER, OTHER_KEY

MINUTE = 60_000
LATE = 37 * MINUTE
NOOP = {"type": "noop"}
NEVER = {"error": f"{rules.NEVER_PLACED} asset=0"}
BLOCK = 5000  # so that half an hour is lived through at once


async def test_o1_a_fill_whose_answer_was_lost_is_found_and_its_nonce_is_used(
    open_desk: Open,
) -> None:
    desk = await faulty(open_desk, LoseAnswer(instead=504, types=("order",)))
    sent = signed(desk, order(1, p="150000", s="0.01", t=IOC))
    assert (await desk.post("/exchange", sent))[0] == 504
    assert await state_of(desk, 1) == "filled"
    (fill,) = await desk.ask(type="userFills", user=MASTER)
    assert (fill["cloid"], fill["sz"]) == (cloid(1), "0.01")
    assert await held(desk) == "0.01"
    burnt = await act(desk, NOOP, nonce=sent["nonce"])
    text = f"Invalid nonce: duplicate nonce {sent['nonce']}"
    assert burnt == {"status": "err", "response": text}


async def test_o2_a_lost_request_leaves_its_nonce_to_be_burnt(open_desk: Open) -> None:
    fault = LoseRequest(instead=504, types=("order",), nth=1)
    desk = await faulty(open_desk, fault)
    sent = signed(desk, order(1))
    assert (await desk.post("/exchange", sent))[0] == 504
    assert await state_of(desk, 1) == "unknownOid"
    assert (await act(desk, NOOP, nonce=sent["nonce"]))["status"] == "ok"
    # Whatever of it may still be under way can no longer land.
    late = await desk.post("/exchange", sent)
    assert b"duplicate nonce" in late[2]
    assert not await has_landed(desk, 1)


async def test_o3_an_order_that_lands_late_is_told_at_once(open_desk: Open) -> None:
    fault = DelayRequest(by_ms=LATE, types=("order",), nth=1)
    patient = Limits(ip_weight=0, ws_idle_secs=0)
    desk = await faulty(open_desk, fault, block_ms=BLOCK, limits=patient)
    socket = await following(desk, "orderUpdates")
    await desk.post("/exchange", signed(desk, order(1)))
    desk.clock.advance(LATE - 1)
    assert await state_of(desk, 1) == "unknownOid"
    assert await heard(socket) == []
    desk.clock.advance(1)
    assert await has_landed(desk, 1)
    ((update,),) = await heard(socket)
    assert (update["status"], update["order"]["cloid"]) == ("open", cloid(1))
    assert update["order"]["timestamp"] == NOW + LATE


async def test_o3_an_order_that_lands_late_meets_the_market_of_then(
    open_desk: Open,
) -> None:
    fault = DelayRequest(by_ms=LATE, types=("order",), nth=1)
    desk = await faulty(open_desk, fault, block_ms=BLOCK)
    await desk.post("/exchange", signed(desk, order(1, p="150000", s="0.01", t=IOC)))
    _, ask_before = await best(desk)
    desk.clock.advance(LATE)
    assert await held(desk) == "0.01"
    (fill,) = await desk.ask(type="userFills", user=MASTER)
    _, ask_then = await best(desk)
    assert fill["px"] == ask_then["px"] != ask_before["px"]
    assert fill["time"] == NOW + LATE


async def test_o3_an_expired_order_does_not_land_late(open_desk: Open) -> None:
    fault = DelayRequest(by_ms=LATE, types=("order",), nth=1)
    desk = await faulty(open_desk, fault, block_ms=BLOCK)
    sent = signed(desk, order(1), expires_after=NOW + LATE - 1)
    await desk.post("/exchange", sent)
    desk.clock.advance(LATE)
    assert not await has_landed(desk, 1)
    assert (await act(desk, NOOP, nonce=sent["nonce"]))["status"] == "ok"


async def test_o3_a_burnt_nonce_keeps_a_late_order_out(open_desk: Open) -> None:
    fault = DelayRequest(by_ms=LATE, types=("order",), nth=1)
    desk = await faulty(open_desk, fault, block_ms=BLOCK)
    sent = signed(desk, order(1))
    await desk.post("/exchange", sent)
    assert (await act(desk, NOOP, nonce=sent["nonce"]))["status"] == "ok"
    desk.clock.advance(LATE)
    assert not await has_landed(desk, 1)


async def test_o4_each_leg_of_a_batch_has_its_own_result(open_desk: Open) -> None:
    desk = await faulty(open_desk)
    batch = order(1)
    crossing = order(2, p="150000", t=ALO)["orders"]
    unaffordable = order(3, s="9")["orders"]
    filled = order(4, p="150000", t=IOC)["orders"]
    batch["orders"] += [*crossing, *unaffordable, *filled]
    rests, crossed, poor, traded = await statuses(desk, batch)
    assert rests["resting"]["cloid"] == cloid(1)
    assert crossed["error"].startswith("Post only order would have immediately matched")
    assert poor["error"] == f"{rules.NO_MARGIN.text} asset=0"
    assert traded["filled"]["totalSz"] == "0.001"
    states = [await state_of(desk, number) for number in (1, 2, 3, 4)]
    assert states == ["open", "badAloPxRejected", "perpMarginRejected", "filled"]
    cancels = {"type": "cancelByCloid", "cancels": []}
    for number in (1, 2):
        cancels["cancels"] += cancel(number)["cancels"]
    assert await statuses(desk, cancels) == ["success", NEVER]


async def test_o5_an_order_fills_in_part_and_rests(open_desk: Open) -> None:
    desk = await faulty(open_desk)
    socket = await following(desk, "orderUpdates", "userFills")
    _, ask = await best(desk)
    more = f"{float(ask['sz']) + 0.1:.5f}"
    (told,) = await statuses(desk, order(1, p=ask["px"], s=more))
    assert "resting" in told
    (row,) = await desk.ask(type="openOrders", user=MASTER)
    assert (row["sz"], row["origSz"]) == ("0.1", more)
    assert await held(desk) == ask["sz"]
    (update,), fills = await heard(socket)
    assert (update["status"], update["order"]["sz"]) == ("open", "0.1")
    assert sum(float(one["sz"]) for one in fills["fills"]) == float(ask["sz"])
    bid, _ = await best(desk)
    assert (bid["px"], bid["sz"]) == (ask["px"], "0.1")


async def test_o5_a_cancel_that_comes_after_the_fill_changes_nothing(
    open_desk: Open,
) -> None:
    fault = DelayRequest(by_ms=50, types=("cancelByCloid",), nth=1)
    desk = await faulty(open_desk, fault)
    _, ask = await best(desk)
    await act(desk, order(1, p=ask["px"], s=f"{float(ask['sz']) + 0.01:.5f}"))
    assert (await desk.post("/exchange", signed(desk, cancel(1))))[0] == 504
    hit = order(2, b=False, p=ask["px"], s="0.01", t=IOC)
    assert "filled" in (await statuses(desk, hit, key=OTHER_KEY))[0]
    socket = await following(desk, "orderUpdates")
    desk.clock.advance(50)
    assert await state_of(desk, 1) == "filled"
    assert await heard(socket) == []
    assert await statuses(desk, cancel(1)) == [NEVER]
    assert await held(desk, user=OTHER) == "-0.01"


async def test_o5_a_fill_is_told_before_the_order_is_acknowledged(
    open_desk: Open,
) -> None:
    desk = await faulty(open_desk, DelayAnswer(by_ms=5000, types=("order",)))
    socket = await following(desk, "userFills", "orderUpdates")
    action = signed(desk, order(1, p="150000", s="0.01", t=IOC))
    answer = asyncio.create_task(desk.post("/exchange", action))
    first = msgspec.json.decode((await socket.receive(timeout=60)).data)
    second = msgspec.json.decode((await socket.receive(timeout=60)).data)
    assert not answer.done()
    desk.clock.advance(5000)
    told = msgspec.json.decode((await answer)[2])["response"]["data"]["statuses"]
    oid = told[0]["filled"]["oid"]
    by_channel = {one["channel"]: one["data"] for one in (first, second)}
    assert by_channel["userFills"]["fills"][0]["oid"] == oid
    assert by_channel["orderUpdates"][0]["order"]["oid"] == oid


async def test_o5_one_does_not_trade_with_oneself(open_desk: Open) -> None:
    desk = await faulty(open_desk)
    _, ask = await best(desk)
    await act(desk, order(1, b=False, p=ask["px"], s="0.01"))
    socket = await following(desk, "orderUpdates", "userEvents")
    await act(desk, order(2, p=ask["px"], s=f"{float(ask['sz']) + 0.02:.5f}"))
    events = await heard(socket, "user")
    assert [list(one) for one in events] == [["fills"], ["nonUserCancel"]]
    assert await state_of(desk, 1) == "selfTradeCanceled"
    assert await held(desk) == ask["sz"]
    (row,) = await desk.ask(type="openOrders", user=MASTER)
    assert (row["cloid"], row["sz"]) == (cloid(2), "0.02")


def modified(target: int | str, number: int | None = None, **terms: Any) -> Any:
    """A modify of an order, which brings a client id or not."""
    (leg,) = order(number or 0, **terms)["orders"]
    if number is None:
        del leg["c"]
    return {"type": "batchModify", "modifies": [{"oid": target, "order": leg}]}


async def test_o5_a_modify_is_a_cancel_and_an_order_of_a_new_oid(
    open_desk: Open,
) -> None:
    desk = await faulty(open_desk)
    (placed,) = await statuses(desk, order(1))
    old = placed["resting"]["oid"]
    socket = await following(desk, "orderUpdates")
    (done,) = await statuses(desk, modified(cloid(1), p="101000"))
    new = done["resting"]["oid"]
    assert (new != old, done["resting"]["cloid"]) == (True, cloid(1))
    (updates,) = await heard(socket)
    told = [(one["order"]["oid"], one["status"]) for one in updates]
    assert told == [(old, "canceled"), (new, "open")]
    found = await desk.ask(type="orderStatus", user=MASTER, oid=cloid(1))
    assert (found["order"]["order"]["oid"], found["order"]["status"]) == (new, "open")
    gone = await desk.ask(type="orderStatus", user=MASTER, oid=old)
    assert gone["order"]["status"] == "canceled"


async def test_o5_a_modify_may_be_lost_on_its_way_in_half(open_desk: Open) -> None:
    # The cancel passes and the new order does not: now there is none.
    desk = await faulty(open_desk, PostOnly(after_ms=1000, lasts_ms=5000))
    await act(desk, order(1))
    await lived(desk, 1000)
    (done,) = await statuses(desk, modified(cloid(1), p="101000"))
    assert done["error"].startswith(rules.POST_ONLY_PHASE.text)
    assert not await desk.ask(type="openOrders", user=MASTER)


async def test_o5_a_client_id_means_the_newest_order_that_has_it(
    open_desk: Open,
) -> None:
    desk = await faulty(open_desk)
    await act(desk, order(1))
    (second,) = await statuses(desk, order(1, p="101000"))
    oid = second["resting"]["oid"]
    rows = await desk.ask(type="openOrders", user=MASTER)
    first = next(one["oid"] for one in rows if one["oid"] != oid)
    gone = {"type": "cancel", "cancels": [{"a": 0, "o": first}]}
    assert await statuses(desk, gone) == ["success"]
    assert await state_of(desk, 1) == "open"
    assert await statuses(desk, cancel(1)) == ["success"]


async def test_o5_the_position_is_the_sum_of_the_fills(open_desk: Open) -> None:
    desk = await faulty(open_desk)
    await buy(desk, 1, "0.03")
    await act(desk, stop(2))
    await act(desk, order(3, b=False, p="60000", s="0.05", t=IOC))
    fills = await desk.ask(type="userFills", user=MASTER)
    total = sum(float(one["sz"]) * (1 if one["side"] == "B" else -1) for one in fills)
    assert float(await held(desk)) == pytest.approx(total) == pytest.approx(-0.02)
    # The protective stop has nothing left to protect.
    assert await state_of(desk, 2) == "reduceOnlyCanceled"
    assert len({one["tid"] for one in fills}) == len(fills)


async def test_o9_an_address_that_spent_its_budget_may_still_cancel(
    open_desk: Open,
) -> None:
    desk = await faulty(open_desk, terms=Terms(address_allowance=2))
    for number in (1, 2):
        assert "resting" in (await statuses(desk, order(number)))[0]
    desk.clock.advance(10_000)  # one action every ten seconds is always allowed
    await act(desk, order(3))
    refused = await act(desk, order(4))
    assert refused["status"] == "err"
    assert refused["response"].startswith("Too many cumulative requests sent (")
    assert await state_of(desk, 4) == "unknownOid"
    told = await desk.ask(type="userRateLimit", user=MASTER)
    assert told["nRequestsUsed"] >= told["nRequestsCap"]
    assert await statuses(desk, cancel(1)) == ["success"]


async def test_w5_a_fill_is_told_twice_and_counts_once(open_desk: Open) -> None:
    desk = await faulty(open_desk, Duplicate(channels=("userFills",), nth=2))
    socket = await following(desk, "userFills")
    await buy(desk, 1, "0.01")
    first, again = await heard(socket)
    assert first == again
    assert await held(desk) == "0.01" == first["fills"][0]["sz"]


async def test_w5_a_snapshot_with_the_fill_comes_after_it(open_desk: Open) -> None:
    again = SnapshotAgain(channels=("userFills",), after_ms=50)
    desk = await faulty(open_desk, again)
    socket = await following(desk, "userFills")
    await buy(desk, 1, "0.01")
    desk.clock.advance(50)
    await injected(desk, "snapshot_again")
    news, snapshot = await heard(socket)
    assert snapshot["isSnapshot"]
    assert snapshot["fills"] == news["fills"]


async def test_w5_updates_of_an_order_come_in_another_order(open_desk: Open) -> None:
    desk = await faulty(open_desk, Reorder(channels=("orderUpdates",), nth=1))
    socket = await following(desk, "orderUpdates")
    await act(desk, order(1))
    await act(desk, cancel(1))
    told = [one["status"] for rows in await heard(socket) for one in rows]
    assert told == ["canceled", "open"]


async def test_w3_the_users_channel_is_silent_and_the_order_filled(
    open_desk: Open,
) -> None:
    desk = await faulty(open_desk, Silence(channels=("userFills",), after_ms=50))
    socket = await following(desk, "userFills", "orderUpdates")
    desk.clock.advance(50)
    await buy(desk, 1, "0.01")
    ((update,),) = await heard(socket)
    assert update["status"] == "filled"
    assert len(await desk.ask(type="userFills", user=MASTER)) == 1


@pytest.mark.parametrize("instead", ["hang", 504])
async def test_o3_a_post_lands_late_too(open_desk: Open, instead: Any) -> None:
    fault = DelayRequest(by_ms=5000, via="ws", nth=1, instead=instead)
    desk = await faulty(open_desk, fault)
    sender, socket = await desk.connect(), await following(desk, "orderUpdates")
    request = {"type": "action", "payload": signed(desk, order(1))}
    await sender.send_json({"method": "post", "id": 1, "request": request})
    await injected(desk, "delay_request")
    assert await heard(socket) == []
    desk.clock.advance(5000)
    assert await has_landed(desk, 1)
    ((update,),) = await heard(socket)
    assert update["statusTimestamp"] == NOW + 5000


async def test_o3_a_late_order_is_judged_by_the_phase_it_lands_in(
    open_desk: Open,
) -> None:
    late = DelayRequest(by_ms=5000, types=("order",), nth=1)
    upgrade = Maintenance(after_ms=4000, text="upgrade")
    desk = await faulty(open_desk, late, upgrade)
    await desk.post("/exchange", signed(desk, order(1)))
    desk.clock.advance(5000)
    assert not await has_landed(desk, 1)


async def test_two_desks_with_one_seed_tell_the_same(open_desk: Open) -> None:
    told = []
    for _ in range(2):
        desk: Desk = await faulty(open_desk, LoseAnswer(rate=0.5, instead=502))
        answers = [
            (await desk.post("/exchange", signed(desk, order(number, p="150000"))))[2]
            for number in range(1, 9)
        ]
        told.append(answers)
    assert told[0] == told[1]
    assert 0 < sum(b"502" in one for one in told[0]) < 8
