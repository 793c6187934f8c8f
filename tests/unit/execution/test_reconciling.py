"""Desired against actual: what is sent, and that it comes to rest where it should."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threet.execution.reconciling import (
    Book,
    Cancel,
    Case,
    Manner,
    Place,
    Rest,
    Style,
    Working,
    next_actions,
)
from threet.execution.rounding import price_for, size_for, step_of
from threet.model.orders import OrderSpec, Side, TimeInForce

BOOK = Book(bid=Decimal(99_990), ask=Decimal(100_010))
FLAT = Case(
    symbol="BTC",
    wanted=Decimal("0.1"),
    position=Decimal(0),
    book=BOOK,
    quantity_decimals=5,
)
MARKET = Manner()
PASSIVE = Manner(style=Style.PASSIVE)


def placed(case: Case, manner: Manner = MARKET) -> OrderSpec:
    (action,) = next_actions(case, manner)
    assert isinstance(action, Place), action
    return action.spec


def rests(case: Case, manner: Manner = MARKET) -> str:
    (action,) = next_actions(case, manner)
    assert isinstance(action, Rest), action
    return action.because


def test_what_is_missing_is_taken_within_its_bound() -> None:
    spec = placed(FLAT)
    assert (spec.side, spec.quantity) == (Side.BUY, Decimal("0.1"))
    assert spec.time_in_force is TimeInForce.IOC
    assert spec.limit_price == Decimal(100_500)
    assert not spec.reduce_only


def test_a_position_is_closed_by_an_order_that_can_only_reduce() -> None:
    spec = placed(replace(FLAT, wanted=Decimal(0), position=Decimal("-0.03")))
    assert (spec.side, spec.quantity, spec.reduce_only) == (
        Side.BUY,
        Decimal("0.03"),
        True,
    )


def test_a_turn_closes_first_and_opens_then() -> None:
    turn = replace(FLAT, wanted=Decimal("-0.1"), position=Decimal("0.05"))
    first = placed(turn)
    assert (first.change, first.reduce_only) == (Decimal("-0.05"), True)
    second = placed(replace(turn, position=Decimal(0)))
    assert (second.change, second.reduce_only) == (Decimal("-0.1"), False)


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"is_unsettled": True}, "not settled"),
        ({"book": None}, "no fresh price"),
        ({"quantity_decimals": None}, "catalogue does not have it"),
    ],
)
def test_b4_f63_what_is_not_known_is_not_traded(
    change: dict[str, object], because: str
) -> None:
    assert because in rests(replace(FLAT, **change))  # type: ignore[arg-type]


def test_a_difference_that_is_not_worth_an_order_is_left() -> None:
    assert "too little" in rests(replace(FLAT, position=Decimal("0.0990")))
    dust = replace(FLAT, wanted=Decimal(0), position=Decimal("0.00001"))
    assert placed(dust).reduce_only  # but a close is always worth one


def test_f26_what_rounds_to_nothing_is_not_sent() -> None:
    dust = replace(FLAT, wanted=Decimal(0), position=Decimal("0.000001"))
    assert "rounds to nothing" in rests(dust)


def test_a_quote_rests_at_the_best_price_and_never_crosses() -> None:
    spec = placed(FLAT, PASSIVE)
    assert (spec.limit_price, spec.time_in_force) == (BOOK.bid, TimeInForce.ALO)
    sell = placed(replace(FLAT, wanted=Decimal("-0.1")), PASSIVE)
    assert sell.limit_price == BOOK.ask


def _quote(change: str, price: int = 99_990, age_ms: int = 5_000) -> Working:
    return Working(
        cloid="0x1", change=Decimal(change), price=Decimal(price), age_ms=age_ms
    )


def test_what_works_already_is_not_sent_again() -> None:
    assert "as wanted" in rests(replace(FLAT, working=[_quote("0.1")]), PASSIVE)
    part = replace(FLAT, working=[_quote("0.04")])
    assert placed(part, PASSIVE).quantity == Decimal("0.06")


@pytest.mark.parametrize(
    "working",
    [
        _quote("-0.1"),
        _quote("0.2"),
        _quote("0.1", price=99_980),
    ],
    ids=["wrong side", "too much", "left behind"],
)
def test_a_quote_that_no_longer_fits_is_canceled_first(working: Working) -> None:
    assert next_actions(replace(FLAT, working=[working]), PASSIVE) == [Cancel("0x1")]


@pytest.mark.parametrize("theirs", ["0.02", "-0.02", "-0.1"])
@pytest.mark.parametrize("wanted", ["0", "0.04", "-0.1"])
def test_b4_a_way_out_waits_for_no_order_that_cannot_be_canceled(
    wanted: str, theirs: str
) -> None:
    """Somebody's by hand, or one of ours of which every cancel failed."""
    for strange in (
        replace(_quote(theirs), cloid=None),
        replace(_quote(theirs), is_stuck=True),
    ):
        held = replace(
            FLAT,
            position=Decimal("0.1"),
            wanted=Decimal(wanted),
            working=[strange],
        )
        spec = placed(held)
        assert spec.reduce_only
        assert spec.quantity == min(Decimal("0.1"), Decimal("0.1") - Decimal(wanted))


def test_what_adds_waits_for_an_order_that_is_not_of_3t() -> None:
    theirs = replace(_quote("-0.1"), cloid=None)
    assert "not of 3T" in rests(replace(FLAT, working=[theirs]))


def test_a_young_quote_is_given_its_time() -> None:
    young = replace(FLAT, working=[_quote("0.1", price=99_980, age_ms=100)])
    assert "as wanted" in rests(young, PASSIVE)


def test_a_stop_at_the_exchange_is_no_quote() -> None:
    stop = replace(_quote("-0.1"), trigger_price=Decimal(90_000))
    assert placed(replace(FLAT, working=[stop])).quantity == Decimal("0.1")


def test_slices_follow_each_other_with_a_pause() -> None:
    manner = Manner(style=Style.TWAP)
    assert placed(FLAT, manner).quantity == Decimal("0.01")
    assert "slice" in rests(replace(FLAT, since_last_ms=1_000), manner)
    assert placed(replace(FLAT, since_last_ms=30_000), manner).quantity == Decimal(
        "0.01"
    )


@pytest.mark.parametrize(
    ("price", "decimals", "step"),
    [
        ("123456", 0, "1"),
        ("1234.5", 1, "0.1"),
        ("0.012345", 1, "0.00001"),
        ("0.0012345", 0, "0.000001"),
    ],
)
def test_f38_prices_have_five_figures_and_few_decimals(
    price: str, decimals: int, step: str
) -> None:
    assert step_of(Decimal(price), decimals) == Decimal(step)


_prices = st.decimals("0.0001", "200000", places=6)


@given(price=_prices, decimals=st.integers(0, 5), is_buy=st.booleans())
def test_rounding_goes_to_the_side_that_is_safe(
    price: Decimal, decimals: int, is_buy: bool
) -> None:
    side = Side.BUY if is_buy else Side.SELL
    quote = price_for(side, price, decimals, is_bound=False)
    assert quote <= price if is_buy else quote >= price
    bound = price_for(side, price, decimals, is_bound=True)
    assert bound >= price if is_buy else bound <= price
    assert abs(bound - price) < step_of(price, decimals)


_sizes = st.decimals("-5", "5", places=3)


def after(case: Case, manner: Manner, share: int) -> Case | None:
    """The case once its next order was filled by so many fifths; None at rest."""
    (action,) = next_actions(case, manner)
    if isinstance(action, Rest):
        return None
    assert isinstance(action, Place)
    filled = size_for(action.spec.quantity * share / 5, 5) * action.spec.side.sign
    assert case.position is not None
    position = case.position + filled
    if action.spec.reduce_only:
        assert abs(position) <= abs(case.position)
        assert position * case.position >= 0
    return replace(case, position=position)


@given(
    wanted=_sizes,
    position=_sizes,
    style=st.sampled_from(Style),
    shares=st.lists(st.integers(0, 5), max_size=15),
)
def test_whatever_fills_the_position_goes_towards_what_is_wanted_and_never_beyond(
    wanted: Decimal, position: Decimal, style: Style, shares: list[int]
) -> None:
    """Each order is filled in part or whole, its rest canceled; then asked again."""
    case = replace(FLAT, wanted=wanted, position=position, since_last_ms=10**9)
    manner = Manner(style=style)
    low, high = sorted([position, wanted])
    for share in [*shares, *[5] * 40]:
        moved = after(case, manner, share)
        if moved is None:
            break
        case = moved
        assert case.position is not None
        assert low <= case.position <= high
    else:
        pytest.fail("it does not come to rest")
    assert case.position is not None
    missing = abs(wanted - case.position) * BOOK.mid
    most = max(manner.least_notional, manner.least_share * abs(wanted) * BOOK.mid)
    assert missing < most
