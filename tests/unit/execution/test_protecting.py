"""Stops at the exchange: there before the old one goes, of the whole position."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threet.execution.protecting import Close, Cover, cover_actions
from threet.execution.reconciling import Book, Cancel, Place, Working
from threet.model.orders import OrderSpec, Side, TriggerKind

LONG = Cover(
    symbol="BTC",
    position=Decimal("0.1"),
    stop_loss=Decimal(95_000),
    take_profit=None,
    book=Book(bid=Decimal(99_990), ask=Decimal(100_010)),
    liquidation=Decimal(60_000),
    quantity_decimals=5,
    working=[],
)


def placed(cover: Cover) -> list[OrderSpec]:
    actions = cover_actions(cover)
    assert not isinstance(actions, Close), actions
    return [one.spec for one in actions if isinstance(one, Place)]


def stands(spec: OrderSpec, cloid: str | None = "0x1") -> Working:
    assert spec.trigger is not None
    return Working(
        cloid=cloid,
        change=spec.change,
        price=spec.limit_price,
        age_ms=0,
        trigger_price=spec.trigger.price,
    )


def test_a_bare_position_gets_its_stop_and_its_profit() -> None:
    stop, profit = placed(replace(LONG, take_profit=Decimal(110_000)))
    assert (stop.side, stop.quantity, stop.reduce_only) == (
        Side.SELL,
        Decimal("0.1"),
        True,
    )
    assert stop.trigger is not None
    assert profit.trigger is not None
    assert (stop.trigger.kind, stop.trigger.price) == (
        TriggerKind.STOP_LOSS,
        Decimal(95_000),
    )
    assert profit.trigger.kind is TriggerKind.TAKE_PROFIT
    # Triggered, it takes far below: a stop that rests protects nobody.
    assert stop.limit_price < Decimal(95_000) * Decimal("0.95")


def test_o11_what_stands_is_left_and_what_vanished_is_placed_again() -> None:
    (stop,) = placed(LONG)
    assert cover_actions(replace(LONG, working=[stands(stop)])) == []
    assert placed(replace(LONG, working=[])) == [stop]


def test_a_position_that_grew_is_covered_before_the_old_stop_goes() -> None:
    (old,) = placed(LONG)
    grown = replace(LONG, position=Decimal("0.3"), working=[stands(old)])
    (new,) = placed(grown)
    assert new.quantity == Decimal("0.3")
    both = replace(grown, working=[stands(old), stands(new, "0x2")])
    assert cover_actions(both) == [Cancel("0x1")]


def test_of_two_equal_stops_of_ours_the_later_goes() -> None:
    (stop,) = placed(LONG)
    late, early = stands(stop, "0xlate"), replace(stands(stop, "0x1"), age_ms=9_000)
    assert cover_actions(replace(LONG, working=[late, early])) == [Cancel("0xlate")]


def test_a_stop_of_its_owner_beside_an_equal_one_of_ours_is_left() -> None:
    (stop,) = placed(LONG)
    theirs = replace(stands(stop, None), age_ms=9_000)
    assert cover_actions(replace(LONG, working=[theirs, stands(stop)])) == []


def test_two_stops_of_one_cloid_are_left_a_cancel_might_take_both() -> None:
    (stop,) = placed(LONG)
    both = [stands(stop), replace(stands(stop), age_ms=9_000)]
    assert cover_actions(replace(LONG, working=both)) == []


def test_f23_no_stop_of_ours_outlives_its_position() -> None:
    (stop,) = placed(LONG)
    gone = replace(
        LONG, position=Decimal(0), working=[stands(stop), stands(stop, None)]
    )
    assert cover_actions(gone) == [Cancel("0x1")]


def test_f22_a_stop_never_lies_beyond_the_liquidation() -> None:
    (stop,) = placed(replace(LONG, liquidation=Decimal(97_000)))
    assert stop.trigger is not None
    assert Decimal(97_000) < stop.trigger.price < Decimal(98_000)
    short = replace(
        LONG,
        position=Decimal("-0.1"),
        stop_loss=Decimal(110_000),
        liquidation=Decimal(104_000),
    )
    (cover,) = placed(short)
    assert cover.trigger is not None
    assert Decimal(103_000) < cover.trigger.price < Decimal(104_000)


@pytest.mark.parametrize(
    "cover",
    [
        replace(LONG, stop_loss=Decimal(100_500)),
        replace(LONG, position=Decimal("-0.1"), stop_loss=Decimal(99_000)),
        replace(LONG, take_profit=Decimal(99_000)),
    ],
    ids=["long below its stop", "short above its stop", "profit reached"],
)
def test_a_price_that_was_passed_already_closes_the_position(cover: Cover) -> None:
    assert isinstance(cover_actions(cover), Close)


def test_f25_a_stop_that_is_refused_twice_closes_the_position() -> None:
    assert placed(replace(LONG, refused=1))
    assert isinstance(cover_actions(replace(LONG, refused=2)), Close)


@given(
    position=st.decimals(-5, 5, places=5).filter(bool),
    distance=st.decimals("0.01", "0.3", places=4),
)
def test_what_is_placed_stands_and_only_ever_reduces(
    position: Decimal, distance: Decimal
) -> None:
    side = 1 if position > 0 else -1
    cover = replace(
        LONG,
        position=position,
        stop_loss=100_000 * (1 - side * distance),
        take_profit=100_000 * (1 + side * distance),
        liquidation=None,
    )
    specs = placed(cover)
    assert all(one.reduce_only and one.change * position < 0 for one in specs)
    standing = [stands(one, f"0x{number}") for number, one in enumerate(specs)]
    assert cover_actions(replace(cover, working=standing)) == []
