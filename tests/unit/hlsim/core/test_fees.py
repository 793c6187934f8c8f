"""Rates by volume, referral and builder; what is paid by whom to whom."""

import pytest

from hlsim.core.commands import ApproveBuilderFee, Done, PlaceOrders, SetReferrer
from hlsim.core.fees import FeeDesk, Rates, Volume, fee, rates_for
from hlsim.core.house import FEES
from hlsim.core.intervals import DAY_MS
from hlsim.core.orders import Builder, Filled
from hlsim.core.refusal import Refused
from tests.unit.hlsim.core.floor import ALICE, BOB, CAROL, NOON, Floor, order, usd

BUILDER = "0x" + "d" * 40


def dollars(whole: int) -> int:
    return whole * 10**6


@pytest.mark.parametrize(
    ("volume", "cross", "add"),
    [
        # Thousandths of a percent are 100,000 of 10**-10 (§6).
        (0, 45, 15),
        (5_000_000, 45, 15),
        (5_000_001, 40, 12),
        (25_000_001, 35, 8),
        (100_000_001, 30, 4),
        (500_000_001, 28, 0),
        (2_000_000_001, 26, 0),
        (7_000_000_001, 24, 0),
    ],
)
def test_rates_fall_with_the_volume_of_fourteen_days(
    volume: int, cross: int, add: int
) -> None:
    rates = rates_for(dollars(volume), 0, dollars(10**12))
    assert rates == Rates(cross * 100_000, add * 100_000)


@pytest.mark.parametrize(
    ("maker_volume", "add"),
    [(5_000, 15), (5_001, -1), (15_000, -1), (15_001, -2), (30_001, -3)],
)
def test_a_maker_of_a_large_share_is_paid(maker_volume: int, add: int) -> None:
    rates = rates_for(0, dollars(maker_volume), dollars(1_000_000))
    assert rates == Rates(4_500_000, add * 100_000)


def test_a_day_counts_from_the_next_midnight_on_for_fourteen_days() -> None:
    desk = FeeDesk()
    desk.charge(ALICE, dollars(6_000_000), NOON, crossed=True)
    assert desk.rates(ALICE, NOON).cross == 4_500_000
    for days, cross in ((1, 4_000_000), (14, 4_000_000), (15, 4_500_000)):
        assert desk.rates(ALICE, NOON + days * DAY_MS).cross == cross


def test_the_volume_of_today_does_not_count_yet() -> None:
    volume = Volume()
    volume.add(dollars(7), NOON, crossed=True)
    volume.add(dollars(5), NOON, crossed=False)
    assert volume.window(NOON) == (0, 0)
    assert volume.window(NOON + DAY_MS) == (dollars(12), dollars(5))


def test_a_fee_is_rounded_half_even_to_a_millionth() -> None:
    assert fee(10_000, 4_500_000) == 4  # 4.5 millionths
    assert fee(30_000, 4_500_000) == 14  # 13.5
    assert fee(10_000_000, -100_000) == -100


def test_taker_and_maker_pay_their_rates_to_the_exchange() -> None:
    floor = Floor()
    floor.fill_between(ALICE, BOB, "10")  # 1000 dollars
    taker, maker = floor.fills(ALICE)[0], floor.fills(BOB)[0]
    assert (taker.crossed, taker.fee) == (True, usd("0.45"))
    assert (maker.crossed, maker.fee) == (False, usd("0.15"))
    assert floor.account(ALICE).raw_usd == usd("999000") - usd("0.45")
    assert floor.account(BOB).raw_usd == usd("1001000") - usd("0.15")
    assert floor.account(FEES).raw_usd == usd("0.6")


def test_who_was_referred_pays_four_percent_less_up_to_25_million() -> None:
    floor = Floor()
    assert floor.act(ALICE, SetReferrer(code="X")) == Done()
    floor.fill_between(ALICE, BOB, "10")
    assert floor.fills(ALICE)[0].fee == usd("0.432")
    floor.exchange.clearing.fees.charge(
        ALICE, usd("25000000.000001"), NOON, crossed=True
    )
    floor.fill_between(ALICE, BOB, "10")
    assert floor.fills(ALICE)[1].fee == usd("0.45")
    assert isinstance(floor.act(ALICE, SetReferrer(code="Y")), Refused)


def test_a_builder_needs_an_approval_of_at_least_its_fee() -> None:
    floor = Floor()
    orders = [order("buy", "1", "99")]
    asked = PlaceOrders(orders=orders, builder=Builder(BUILDER, 10))
    refused = Refused("Builder fee has not been approved.")
    assert floor.act(ALICE, asked) == refused
    approval = ApproveBuilderFee(builder=BUILDER, tenths_bp=9)
    assert floor.act(ALICE, approval) == Done()
    assert floor.act(ALICE, asked) == refused
    floor.act(ALICE, ApproveBuilderFee(builder=BUILDER, tenths_bp=10))
    assert not isinstance(floor.act(ALICE, asked), Refused)
    free = PlaceOrders(orders=orders, builder=Builder(BUILDER, 0))
    assert not isinstance(floor.act(BOB, free), Refused)


def test_a_builder_may_not_be_allowed_more_than_a_tenth_of_a_percent() -> None:
    floor = Floor()
    assert isinstance(
        floor.act(ALICE, ApproveBuilderFee(builder=BUILDER, tenths_bp=101)), Refused
    )


def test_the_fee_told_holds_the_builders_part() -> None:
    floor = Floor()
    floor.act(ALICE, ApproveBuilderFee(builder=BUILDER, tenths_bp=10))
    floor.rest(BOB, order("sell", "10", "100"))
    builder = Builder(BUILDER, 10)
    (outcome,) = floor.batch(ALICE, order("buy", "10", "100"), builder=builder)
    assert isinstance(outcome, Filled)
    (told,) = floor.fills(ALICE)
    # One basis point of 1000 dollars beside 0.45.
    assert (told.fee, told.builder_fee) == (usd("0.55"), usd("0.1"))
    assert floor.exchange.clearing.builder_rewards == {BUILDER: usd("0.1")}
    assert floor.account(ALICE).raw_usd == usd("999000") - usd("0.55")


def test_every_dollar_traded_is_one_more_action() -> None:
    floor = Floor()
    floor.fill_between(ALICE, CAROL, "10.07")
    limit = floor.exchange.budgets.of(ALICE).rate_limit()
    assert limit.n_requests_cap == 10_000 + 1_007


def test_a_question_about_a_stranger_leaves_nothing_behind() -> None:
    desk = FeeDesk()
    assert desk.rates(ALICE, NOON) == rates_for(0, 0, 0)
    assert desk.volume(ALICE) is not desk.volume(ALICE)
    desk.charge(ALICE, usd("1"), NOON, crossed=True)
    assert desk.volume(ALICE) is desk.volume(ALICE)
