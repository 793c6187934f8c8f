"""Funding as it is lived: sampled every 5 s, paid on the hour, nothing lost."""

import pytest

from hlsim.core.intervals import HOUR_MS
from hlsim.core.journal import FundingPaid
from tests.unit.hlsim.core.floor import ALICE, CAROL, NOON, Floor, usd
from tests.unit.hlsim.core.scripted_market import BUILT, COIN

BASE = 125_000  # 0.0000125 in 10**-10
NEXT_HOUR = NOON - NOON % HOUR_MS + HOUR_MS


def until_paid(floor: Floor, hours: int = 1) -> list[FundingPaid]:
    """Live past the next payments; return those of Alice."""
    end = NEXT_HOUR + (hours - 1) * HOUR_MS + 60
    news = floor.pass_ms(end - floor.now_ms)
    return [one for one in news if isinstance(one, FundingPaid) and one.user == ALICE]


def test_a_long_pays_size_times_oracle_times_rate_just_after_the_hour() -> None:
    floor = Floor()
    floor.long(ALICE, "1000")
    floor.market.set_oracle(COIN, "101")
    cash = floor.account(ALICE).raw_usd
    (paid,) = until_paid(floor)
    # 1000 * 101 * 0.0000125
    assert (paid.usdc, paid.rate) == (-usd("1.2625"), BASE)
    assert NEXT_HOUR + 15 <= paid.time_ms <= NEXT_HOUR + 50
    assert floor.account(ALICE).raw_usd == cash - usd("1.2625")
    assert floor.account(ALICE).positions[COIN].funding.since_open == usd("1.2625")
    assert floor.account(ALICE).funding_paid == {COIN: usd("1.2625")}


def test_a_short_is_paid_what_the_long_pays() -> None:
    floor = Floor()
    floor.short(ALICE, "1000")
    (paid,) = until_paid(floor)
    assert paid.usdc == usd("1.25")
    history = floor.exchange.journal.history(CAROL).fundings
    assert [one.usdc for one in history] == [-usd("1.25")]


@pytest.mark.parametrize(
    ("premium", "rate"),
    [
        # F8 = P + clamp(0.0001 - P, 0.0005), an eighth of it.
        (20_000_000, (20_000_000 - 5_000_000) // 8),
        (-20_000_000, (-20_000_000 + 5_000_000) // 8),
        (3_000_000, BASE),
    ],
)
def test_the_rate_follows_from_the_premium(premium: int, rate: int) -> None:
    floor = Floor()
    floor.market.premiums[COIN] = premium
    floor.long(ALICE, "1000")
    (paid,) = until_paid(floor)
    assert paid.rate == rate
    assert paid.usdc == -usd("100000") * rate // 10**10
    (row,) = floor.exchange.funding_history(COIN, NOON, floor.now_ms)
    assert (row.time_ms, row.rate, row.premium) == (paid.time_ms, rate, premium)


def test_a_premium_counts_as_long_as_it_was_there() -> None:
    floor = Floor()
    half = (NEXT_HOUR - NOON) // 2
    floor.pass_ms(half)
    floor.market.premiums[COIN] = 20_000_000
    floor.long(ALICE, "1000")
    (paid,) = until_paid(floor)
    # Half of the hour's samples have 0.002, the others nothing: 0.001 on average.
    assert paid.rate == (10_000_000 - 5_000_000) // 8
    assert floor.exchange.funding.estimate(COIN) is None


def test_a_whole_hour_has_720_samples() -> None:
    floor = Floor()
    floor.long(ALICE, "1000")
    paid = until_paid(floor, hours=2)
    assert [one.samples for one in paid] == [708, 720]  # it began a minute late


def test_the_estimate_is_what_would_be_paid_now() -> None:
    floor = Floor()
    assert floor.exchange.funding.estimate(COIN) is None
    floor.market.premiums[COIN] = 20_000_000
    floor.pass_ms(5_000)
    assert floor.exchange.funding.estimate(COIN) == 15_000_000 // 8
    assert floor.exchange.context(COIN, floor.now_ms).funding == 15_000_000 // 8


def test_an_isolated_position_pays_from_its_own_margin() -> None:
    floor = Floor()
    floor.leverage(ALICE, 5, is_cross=False)
    floor.long(ALICE, "1000")
    free, inside = floor.account(ALICE).raw_usd, usd("-80000")
    until_paid(floor)
    assert floor.account(ALICE).raw_usd == free
    assert floor.account(ALICE).positions[COIN].raw_usd == inside - usd("1.25")


def test_what_rounding_leaves_goes_to_the_exchange() -> None:
    floor = Floor()
    whole = floor.exchange.clearing.accounts.cash
    floor.market.premiums[COIN] = 20_000_003
    for buyer, size in ((ALICE, "0.33"), (ALICE, "0.17"), (CAROL, "0.21")):
        floor.market.set_book(COIN, asks=[("100.0001", "9")])
        floor.buy(buyer, size, "100.0001")
    until_paid(floor)
    assert floor.exchange.clearing.accounts.cash == whole


def test_nobody_pays_for_a_delisted_coin() -> None:
    floor = Floor()
    floor.long(ALICE, "1000")
    floor.exchange.delist(COIN)
    assert until_paid(floor) == []


def test_a_coin_of_another_dex_pays_on_that_dex() -> None:
    floor = Floor()
    for user in (ALICE, CAROL):
        floor.exchange.clearing.accounts.get(user, "xyz").raw_usd = usd("1000")
    floor.long(ALICE, "10", asset=BUILT)
    before = floor.account(ALICE, "xyz").raw_usd
    until_paid(floor)
    assert floor.account(ALICE, "xyz").raw_usd == before - usd("0.0125")
