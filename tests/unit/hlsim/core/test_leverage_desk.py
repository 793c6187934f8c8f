"""What may be changed about leverage and isolated margin, and every refusal's words."""

import pytest

from hlsim.core.commands import (
    Done,
    Result,
    TopUpIsolatedMargin,
    UpdateIsolatedMargin,
)
from hlsim.core.refusal import Refused
from tests.unit.hlsim.core.floor import ALICE, Floor, order, usd
from tests.unit.hlsim.core.scripted_market import COIN, ISOLATED

NO_CROSS_MARGIN = (
    "Cross position does not have sufficient margin available to decrease leverage."
    " To decrease leverage, deposit more collateral."
)
NO_ISOLATED_MARGIN = (
    "Isolated position does not have sufficient margin available to decrease leverage."
    " To decrease leverage, add margin to the position."
)


@pytest.fixture
def floor() -> Floor:
    return Floor()


def move(floor: Floor, dollars: str, asset: int = COIN) -> Result:
    return floor.act(ALICE, UpdateIsolatedMargin(asset=asset, usd=usd(dollars)))


def isolated(floor: Floor, sz: str = "10") -> None:
    """Give Alice an isolated position at 5x: a fifth of its notional is margin."""
    assert floor.leverage(ALICE, 5, is_cross=False) == Done()
    floor.long(ALICE, sz)


@pytest.mark.parametrize("leverage", [0, -1, 21])
def test_leverage_is_between_one_and_the_coins_highest(
    floor: Floor, leverage: int
) -> None:
    assert floor.leverage(ALICE, leverage) == Refused("Invalid leverage value")


def test_leverage_decides_how_much_can_be_opened(floor: Floor) -> None:
    assert floor.leverage(ALICE, 2) == Done()
    floor.refused(ALICE, order("buy", "20000.01", "100"))
    floor.rest(ALICE, order("buy", "20000", "100"))


def test_a_position_takes_the_new_leverage(floor: Floor) -> None:
    floor.long(ALICE, "10")
    assert floor.leverage(ALICE, 5) == Done()
    state = floor.exchange.account_state(ALICE, floor.now_ms)
    assert state.positions[0].margin_used == usd("200")


def test_an_isolated_only_coin_has_no_cross_margin(floor: Floor) -> None:
    refused = floor.leverage(ALICE, 3, asset=ISOLATED)
    assert refused == Refused("Cross margin is not allowed for this asset.")
    floor.long(ALICE, "1", asset=ISOLATED)
    assert not floor.account(ALICE).positions[ISOLATED].is_cross


def test_the_kind_cannot_be_switched_with_an_open_position(floor: Floor) -> None:
    floor.long(ALICE, "1")
    refused = floor.leverage(ALICE, 20, is_cross=False)
    assert refused == Refused("Cannot switch leverage type with open position.")


def test_a_cross_position_that_is_too_large_keeps_its_leverage(floor: Floor) -> None:
    floor.long(ALICE, "100000")  # ten million, with one
    assert floor.leverage(ALICE, 5) == Refused(NO_CROSS_MARGIN)
    assert floor.account(ALICE).positions[COIN].leverage == 20
    assert floor.account(ALICE).leverages == {}


def test_an_isolated_position_needs_the_margin_of_a_lower_leverage(
    floor: Floor,
) -> None:
    isolated(floor)  # 1000, with 200
    assert floor.leverage(ALICE, 4, is_cross=False) == Refused(NO_ISOLATED_MARGIN)
    assert move(floor, "50") == Done()
    assert floor.leverage(ALICE, 4, is_cross=False) == Done()


def test_margin_is_moved_into_an_isolated_position_and_out_of_it(floor: Floor) -> None:
    isolated(floor)
    cash = floor.account(ALICE).cash
    free = floor.account(ALICE).raw_usd
    assert move(floor, "70") == Done()
    assert floor.account(ALICE).positions[COIN].raw_usd == usd("-730")
    assert floor.account(ALICE).raw_usd == free - usd("70")
    assert move(floor, "-70") == Done()
    assert floor.account(ALICE).positions[COIN].raw_usd == usd("-800")
    assert floor.account(ALICE).cash == cash


def test_the_initial_margin_stays_in_an_isolated_position(floor: Floor) -> None:
    isolated(floor)
    move(floor, "10")
    refused = move(floor, "-10.01")
    assert refused == Refused("Position does not have sufficient margin for reduction.")
    assert move(floor, "-10") == Done()


def test_a_tenth_of_the_notional_stays_whatever_the_leverage_is(floor: Floor) -> None:
    isolated(floor)
    assert floor.leverage(ALICE, 20, is_cross=False) == Done()
    assert isinstance(move(floor, "-100.01"), Refused)
    assert move(floor, "-100") == Done()


def test_no_more_than_is_free_is_paid_in(floor: Floor) -> None:
    isolated(floor)
    refused = move(floor, "1000000")
    assert refused == Refused(
        "Account does not have sufficient margin available for increase."
    )


def test_margin_is_moved_only_where_there_is_an_isolated_position(
    floor: Floor,
) -> None:
    empty = Refused("Cannot update margin for empty position.")
    assert move(floor, "1") == empty
    top_up = TopUpIsolatedMargin(asset=COIN, numerator=5, denominator=1)
    assert floor.act(ALICE, top_up) == empty
    floor.long(ALICE, "1")
    cross = Refused("Position does not use isolated margin.")
    assert move(floor, "1") == cross
    assert floor.act(ALICE, top_up) == cross


def test_an_update_of_nothing_is_refused(floor: Floor) -> None:
    isolated(floor)
    zero = Refused("Update to isolated margin cannot be zero.")
    assert move(floor, "0") == zero


def test_topping_up_reaches_the_leverage_that_was_asked_for(floor: Floor) -> None:
    isolated(floor)
    wish = TopUpIsolatedMargin(asset=COIN, numerator=25, denominator=10)
    assert floor.act(ALICE, wish) == Done()
    # 1000 at 2.5x is 400 of equity.
    assert floor.account(ALICE).positions[COIN].raw_usd == usd("-600")
    assert floor.act(ALICE, wish) == Refused(
        "Update to isolated margin cannot be zero."
    )
