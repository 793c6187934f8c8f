"""The gateway process with its streams: awake, protected, stopped, killed."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from hlsim.core.exchange import Exchange
from hlsim.faults.kinds import Close, DropOrders, Liquidate, PostOnly
from tests.integration.trading.followed import (
    ADDRESS,
    CALM_MS,
    Desk,
    cycles_later,
    opened,
    until,
)
from threet.execution.reconciling import Manner, Style
from threet.ports.halt_store import FLATTEN, KILL_SWITCH, LIQUIDATION
from threet.risk.limits import Limits as RiskLimits


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """On a market that stands still: no quote is run into, none filled by itself."""
    with opened(tmp_path, block_ms=CALM_MS) as made:
        yield made


@pytest.fixture
def lively(tmp_path: Path) -> Iterator[Desk]:
    """On a market that moves."""
    with opened(tmp_path) as made:
        yield made


def below(desk: Desk, share: str) -> Decimal:
    """A whole price that far below the market."""
    return (desk.book("BTC").mid * (1 - Decimal(share))).quantize(Decimal(1))


async def test_news_of_the_account_spare_it_the_readings(desk: Desk) -> None:
    async with desk.running() as gateway:
        before = desk.readings
        for quantity in map(Decimal, ("0.05", "-0.02", "0.01")):
            desk.want(str(quantity))
            held = {"BTC": quantity}
            await until(lambda held=held: desk.fills.expected() == held)  # type: ignore[misc]
        assert desk.position() == Decimal("0.01")
        assert gateway.figures()["mismatches"] == 0
        assert gateway.figures()["orders"] == 5  # two turns are two orders each
        # Without news there is one for each order. A machine that stops for seconds
        # right after one makes it doubt whether its fill was told.
        assert desk.readings - before < 4
    seen = desk.orders.working()
    assert seen is not None
    assert list(seen.orders) == []


async def test_a_position_has_its_stop_at_the_exchange_and_a_new_one_with_its_size(
    desk: Desk,
) -> None:
    stop, profit = below(desk, "0.1"), below(desk, "-0.1")
    async with desk.running():
        desk.want("0.05", stop=stop, profit=profit)
        await until(lambda: len(desk.stops()) == 2)
        desk.want("0.08", stop=stop, profit=profit)
        await until(
            lambda: sorted(one["sz"] for one in desk.resting()) == ["0.08", "0.08"]
        )
    assert all(one["reduceOnly"] for one in desk.resting())
    # They hold while 3T does not run, and another process finds them as they are.
    before = {one["oid"] for one in desk.resting()}
    async with desk.running() as again:
        await cycles_later(again, 5)
        assert {one["oid"] for one in desk.resting()} == before
        desk.want("0")
        await until(lambda: desk.position() == 0 and not desk.resting())


@pytest.mark.parametrize("told", [True, False], ids=["told", "unheard"])
async def test_o11_a_stop_that_vanished_is_placed_again(
    desk: Desk, *, told: bool
) -> None:
    async with desk.running():
        desk.want("0.05", stop=below(desk, "0.1"))
        await until(lambda: len(desk.stops()) == 1)
        (before,) = desk.resting()
        desk.strike(DropOrders(user=ADDRESS, only_triggers=True, told=told))
        if not told:
            desk.strike(Close())  # every reconnect looks at what rests
        await until(
            lambda: bool({one["oid"] for one in desk.resting()} - {before["oid"]})
        )
        (after,) = desk.resting()
        assert after["triggerPx"] == before["triggerPx"]


async def test_o5_f14_a_stop_that_was_moved_by_hand_is_put_back(desk: Desk) -> None:
    stop = below(desk, "0.1")
    async with desk.running() as gateway:
        desk.want("0.05", stop=stop)
        await until(lambda: len(desk.stops()) == 1)
        (before,) = desk.resting()
        desk.move(before, below(desk, "0.2"))
        await until(
            lambda: (
                desk.stops() == [before["triggerPx"]]
                and desk.resting()[0]["oid"] != before["oid"]
            )
        )
        assert gateway.figures()["mismatches"] == 0
        desk.want("0")
        await until(lambda: desk.position() == 0 and not desk.resting())


async def test_o5_f14_a_quote_that_was_moved_by_hand_fills_no_more_than_is_wanted(
    desk: Desk,
) -> None:
    desk.manner = Manner(style=Style.PASSIVE, requote_ms=3_600_000)
    async with desk.running() as gateway:
        desk.want("2")
        await until(lambda: len(desk.resting()) == 1)
        (before,) = desk.resting()
        desk.move(before, below(desk, "0.1"))
        await until(lambda: desk.resting()[0]["oid"] != before["oid"])
        await cycles_later(gateway, 3)
        # It is the same order of 3T's still: nothing is placed beside it.
        (moved,) = desk.resting()
        left = Decimal(moved["sz"]) + desk.position()
        assert (moved["cloid"], left) == (before["cloid"], Decimal(2))
        assert gateway.figures()["orders"] == 1
        desk.want("0")
        await until(lambda: desk.position() == 0 and not desk.resting())


async def test_b4_a_limit_of_a_day_is_no_limit_of_a_process(desk: Desk) -> None:
    """Who starts again has spent what the one before it sent; a way out passes."""
    desk.is_gated, desk.bounds = True, RiskLimits(most_day_notional=Decimal(8_000))
    async with desk.running():
        desk.want("0.05")  # some 5,250
        await until(lambda: desk.position() == Decimal("0.05"))
    async with desk.running():
        desk.want("0.10")
        await until(lambda: "day_size" in refusals(desk))
        assert desk.position() == Decimal("0.05")
        desk.want("0")
        await until(lambda: desk.position() == 0)


def refusals(desk: Desk) -> set[str]:
    """Gates that refused something, by the journal."""
    found = desk.decisions.why("BTC", 9)
    return {one.gate for each in found for one in each.verdicts if not one.passed}


async def test_f18_a_liquidation_is_seen_ends_the_wish_and_halts(desk: Desk) -> None:
    async with desk.running():
        desk.want("0.05")
        await until(lambda: desk.position() == Decimal("0.05"))
        desk.strike(Liquidate(user=ADDRESS))
        await until(lambda: bool(desk.halts.halts()))
        await until(
            lambda: [one.granted.quantity for one in desk.decisions.targets()] == [0]
        )
        assert [one.cause for one in desk.halts.halts()] == [LIQUIDATION]
        assert "liquidated" in [one.name for one in desk.alerts]
        await until(lambda: desk.position() == 0)
    assert "the exchange liquidated it" in desk.decisions.why("BTC", 1)[0].because


async def test_b10_a_kill_cancels_quotes_and_keeps_positions_and_their_stops(
    desk: Desk,
) -> None:
    async with desk.running():
        desk.want("0.05", stop=below(desk, "0.1"))
        await until(lambda: len(desk.stops()) == 1)
    desk.manner = Manner(style=Style.PASSIVE)
    async with desk.running():
        desk.want("0.2", stop=below(desk, "0.1"))
        await until(lambda: len(desk.resting()) > 1)
        desk.halts.halt(KILL_SWITCH, "by hand", 1)
        await until(lambda: [one["isTrigger"] for one in desk.resting()] == [True])


async def test_o6_a_switch_that_a_killed_process_left_armed_cancels_no_stop(
    desk: Desk,
) -> None:
    """Else it fires when the next process has placed its stops, or found them."""

    def arm(exchange: Exchange) -> None:
        exchange.dead_man.schedule(ADDRESS, desk.clock.now_ms() + 60_000, 0)

    desk.want("0.05", stop=below(desk, "0.1"))
    async with desk.running():
        await until(lambda: len(desk.stops()) == 1)
    desk.served.call(arm)
    assert desk.is_swept()
    async with desk.running():
        await until(lambda: not desk.is_swept())
        assert len(desk.stops()) == 1


async def test_b10_f22_a_kill_that_flattens_really_closes(desk: Desk) -> None:
    async with desk.running():
        desk.want("0.05", stop=below(desk, "0.1"))
        await until(lambda: len(desk.stops()) == 1)
        desk.halts.halt(KILL_SWITCH, "by hand", 1)
        desk.halts.halt(FLATTEN, "by hand", 1)
        await until(lambda: desk.position() == 0 and not desk.resting())
        # Whatever may still arrive, the exchange itself cancels.
        await until(desk.is_swept)
    async with desk.running() as again:  # also over a restart
        await cycles_later(again, 3)
        assert desk.position() == 0


async def test_b10_who_resumes_after_all_was_closed_waits_for_a_new_decision(
    desk: Desk,
) -> None:
    async with desk.running() as gateway:
        desk.want("0.05")
        await until(lambda: desk.position() == Decimal("0.05"))
        for cause in (KILL_SWITCH, FLATTEN):
            desk.halts.halt(cause, "by hand", desk.clock.now_ms())
        await until(lambda: desk.position() == 0)
        # Who resumes in the middle of it would have resumed before all was closed.
        await until(
            lambda: [one.granted.quantity for one in desk.decisions.targets()] == [0]
        )
        assert gateway.figures()["state"] == "by hand"
        for cause in (KILL_SWITCH, FLATTEN):
            desk.halts.resume(cause)
        await until(lambda: gateway.figures()["state"] == "trading")
        await cycles_later(gateway, 2)
        assert desk.position() == 0
        assert "by hand" in desk.decisions.why("BTC", 1)[0].because
        desk.want("0.02")
        await until(lambda: desk.position() == Decimal("0.02"))


async def test_b10_a_kill_cancels_quotes_also_while_the_streams_are_away(
    desk: Desk,
) -> None:
    desk.manner = Manner(style=Style.PASSIVE)
    async with desk.running() as gateway:
        desk.want("0.2")
        await until(lambda: len(desk.resting()) > 0)
        desk.is_unpriced = True
        await until(lambda: int(gateway.figures()["cycle_failures"]) > 1)
        desk.halts.halt(KILL_SWITCH, "by hand", 1)
        await until(lambda: not desk.resting())
        await cycles_later(gateway)
        assert desk.position() == 0


async def test_o8_f42_a_post_only_phase_brings_no_storm_and_ends_by_itself(
    desk: Desk,
) -> None:
    async with desk.running() as gateway:
        phase = desk.strike(PostOnly(lasts_ms=CALM_MS))
        desk.want("0.05")
        await until(lambda: int(gateway.figures()["refusals"]) > 0)
        desk.lift(phase)
        await until(lambda: desk.position() == Decimal("0.05"))
        await cycles_later(gateway)
    # It waits two seconds and more after a refusal, however long all of it took.
    pauses = desk.pauses_ms()
    assert pauses
    assert all(pause > 1_900 for pause in pauses)


async def test_a_stop_that_is_filled_ends_the_wish_it_protected(lively: Desk) -> None:
    desk = lively
    async with desk.running() as gateway:
        near = Decimal("0.00004")
        mid = desk.book("BTC").mid
        desk.want("0.05", stop=mid * (1 - near), profit=mid * (1 + near))
        # Wherever the market goes first: it is filled there, or passed and closed.
        await until(lambda: len(desk.fills.recent(9)) > 1)
        await until(lambda: desk.position() == 0 and not desk.resting())
        await cycles_later(gateway)
        orders = gateway.figures()["orders"]
        await cycles_later(gateway, 3)
        # Nothing buys back what was sold.
        assert desk.position() == 0
        assert gateway.figures()["orders"] == orders
    assert [one.granted.quantity for one in desk.decisions.targets()] == [0]


async def test_a_stop_that_is_passed_already_closes_the_position(desk: Desk) -> None:
    async with desk.running():
        desk.want("0.05")
        await until(lambda: desk.position() == Decimal("0.05"))
        desk.want("0.05", stop=below(desk, "-0.05"))
        await until(lambda: desk.position() == 0)
    assert any("is passed" in one.because for one in desk.decisions.why("BTC", 9))
