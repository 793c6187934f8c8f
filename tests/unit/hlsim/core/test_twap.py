"""TWAP orders: what is taken, how it is cut into slices, and how it ends."""

import pytest

from hlsim.core.commands import (
    CancelTwap,
    PlaceTwap,
    TwapCanceled,
    TwapFailed,
    TwapStarted,
)
from hlsim.core.journal import TwapState
from hlsim.core.twap import SLICE_MS, TwapRequest
from tests.unit.hlsim.core.floor import ALICE, BOB, Floor, e8
from tests.unit.hlsim.core.scripted_market import COIN

NEVER = "TWAP was never placed, already canceled, or filled."


@pytest.fixture
def floor() -> Floor:
    floor = Floor()
    floor.market.set_book(COIN, bids=[("100", "1000")], asks=[("100", "1000")])
    return floor


def twap(
    floor: Floor,
    sz: str = "10",
    *,
    is_buy: bool = True,
    minutes: int = 5,
    reduce_only: bool = False,
    randomize: bool = False,
) -> object:
    request = TwapRequest(
        asset=COIN,
        is_buy=is_buy,
        sz_e8=e8(sz),
        reduce_only=reduce_only,
        minutes=minutes,
        randomize=randomize,
    )
    return floor.act(ALICE, PlaceTwap(twap=request))


def live(floor: Floor, slices: int) -> None:
    for _ in range(slices):
        floor.pass_ms(SLICE_MS)


def last_state(floor: Floor) -> TwapState:
    return floor.exchange.journal.history(ALICE).twaps[-1]


@pytest.mark.parametrize("minutes", [0, 1, 4, 1441, -5])
def test_a_twap_lasts_five_minutes_to_a_day(floor: Floor, minutes: int) -> None:
    assert twap(floor, minutes=minutes) == TwapFailed(
        f"Invalid TWAP duration: {minutes} min(s)"
    )


@pytest.mark.parametrize("minutes", [5, 1440])
def test_a_twap_is_worth_ten_dollars_a_minute(floor: Floor, minutes: int) -> None:
    least = minutes * 10  # dollars, at 100 each
    too_small = twap(floor, str(least / 100 - 0.01), minutes=minutes)
    assert too_small == TwapFailed(
        f"TWAP order value too small. Min is ${least}, which is $10 per minute."
    )
    assert isinstance(twap(floor, str(least / 100), minutes=minutes), TwapStarted)


@pytest.mark.parametrize("sz", ["0", "10.001"])
def test_a_twap_of_a_size_off_the_grid_is_refused(floor: Floor, sz: str) -> None:
    assert twap(floor, sz) == TwapFailed("Order has invalid size.")


def test_a_slice_is_traded_every_half_minute(floor: Floor) -> None:
    started = twap(floor)
    assert started == TwapStarted(1)
    floor.pass_ms(0)
    assert floor.fill_texts(ALICE) == ["buy 1@100"]
    floor.pass_ms(SLICE_MS - 1)
    assert len(floor.fills(ALICE)) == 1
    floor.pass_ms(1)
    assert len(floor.fills(ALICE)) == 2
    assert {one.twap_id for one in floor.fills(ALICE)} == {1}


def test_a_twap_ends_with_its_last_slice(floor: Floor) -> None:
    twap(floor)
    live(floor, 9)
    state = last_state(floor)
    assert (state.status, state.executed_sz) == ("finished", 1000)
    assert state.executed_ntl == 1000 * 10**6
    assert floor.exchange.twaps.running(ALICE) == []
    live(floor, 2)
    assert len(floor.fills(ALICE)) == 10


def test_later_slices_catch_up_with_at_most_three_times_the_size(floor: Floor) -> None:
    floor.market.set_book(COIN)
    twap(floor)
    live(floor, 5)  # six slices found nobody
    floor.market.set_book(COIN, asks=[("100", "1000")])
    live(floor, 4)
    sizes = [one.sz for one in floor.fills(ALICE)]
    # Seven are due, three of them trade; eight are due, three trade; and so on.
    assert sizes == [300, 300, 300, 100]
    assert last_state(floor).status == "finished"


def test_a_twap_that_could_not_catch_up_ends_unfilled(floor: Floor) -> None:
    floor.market.set_book(COIN)
    twap(floor)
    live(floor, 10)
    assert last_state(floor).status == "finished"
    assert last_state(floor).executed_sz == 0


def test_a_slice_trades_within_three_percent_of_the_mark(floor: Floor) -> None:
    floor.market.set_book(COIN, asks=[("103", "0.5"), ("103.0001", "9")])
    twap(floor)
    floor.pass_ms(0)
    assert floor.fill_texts(ALICE) == ["buy 0.5@103"]


def test_a_reduce_only_twap_never_turns_the_position(floor: Floor) -> None:
    floor.market.set_book(COIN)
    floor.long(ALICE, "2.5")
    floor.market.set_book(COIN, bids=[("100", "1000")])
    twap(floor, is_buy=False, reduce_only=True)
    live(floor, 10)
    assert floor.szi(ALICE) == "0.0"


def test_a_canceled_twap_trades_no_more(floor: Floor) -> None:
    twap(floor)
    floor.pass_ms(0)
    assert floor.act(ALICE, CancelTwap(asset=COIN, twap_id=1)) == TwapCanceled(None)
    live(floor, 3)
    assert len(floor.fills(ALICE)) == 1
    assert last_state(floor).status == "terminated"


def test_a_twap_is_canceled_once_and_by_its_owner(floor: Floor) -> None:
    twap(floor)
    cancel = CancelTwap(asset=COIN, twap_id=1)
    assert floor.act(BOB, cancel) == TwapCanceled(NEVER)
    assert floor.act(ALICE, cancel) == TwapCanceled(None)
    assert floor.act(ALICE, cancel) == TwapCanceled(NEVER)


def test_a_randomized_twap_trades_all_of_its_size(floor: Floor) -> None:
    twap(floor, "40", randomize=True)
    live(floor, 9)
    sizes = [one.sz for one in floor.fills(ALICE)]
    assert sum(sizes) == 4000
    assert len(set(sizes)) > 3
    assert max(sizes) <= 3 * 400
