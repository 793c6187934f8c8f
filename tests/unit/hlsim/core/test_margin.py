"""What an account is worth, needs and may add, and where it would be liquidated."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from hlsim.core import margin
from hlsim.core.accounts import Account, Leverage
from hlsim.core.universe import MarginTable, MarginTier, flat_table
from hlsim.market.catalogue import listings
from tests.unit.hlsim.core.floor import ALICE, Floor, order, usd
from tests.unit.hlsim.core.scripted_market import (
    COIN,
    ISOLATED,
    OTHER,
    TIERED,
    UNIVERSE,
)

TIERS = (
    MarginTier(Decimal(0), 40),
    MarginTier(Decimal(150_000), 20),
    MarginTier(Decimal(900_000), 3),
)
TABLE = MarginTable(60, "three tiers", TIERS)
TABLES = [one.instrument.margin_table for one in listings(60, seed=1)]
CROSS = Leverage(10, True)


def marks_at_100(asset: int) -> int:
    return 1_000_000 if asset != OTHER else 100_000_000


def test_maintenance_is_half_the_initial_margin_at_the_highest_leverage() -> None:
    assert margin.maintenance(flat_table(40), usd("1000")) == usd("12.5")
    assert margin.maintenance(flat_table(3), 7) == 2  # 7 / 6, rounded up


def test_each_part_of_a_notional_needs_what_its_tier_does() -> None:
    # 150,000 / 80 + 750,000 / 40 + 100,000 / 6 = 1875 + 18750 + 16666.666667
    assert margin.maintenance(TABLE, usd("1000000")) == usd("37291.666667")


@given(st.sampled_from([*TABLES, TABLE]), st.integers(0, 10**15), st.integers(1, 10**6))
def test_maintenance_grows_steadily_by_at_most_the_last_tiers_share(
    table: MarginTable, notional: int, more: int
) -> None:
    before = margin.maintenance(table, notional)
    after = margin.maintenance(table, notional + more)
    # Rounded up for each tier, hence one more for each.
    most = more // (2 * table.tiers[-1].max_leverage) + len(table.tiers)
    assert 0 <= after - before <= most


def by_deduction(table: MarginTable, notional: int) -> Fraction:
    """The document's formula (§6): a rate for all, less what keeps it continuous."""
    rate = deduction = Fraction(0)
    for tier in table.tiers:
        low = Fraction(tier.lower_bound.scaleb(6))
        if low > notional:
            break
        higher = Fraction(1, 2 * tier.max_leverage)
        deduction += low * (higher - rate)
        rate = higher
    return notional * rate - deduction


@given(st.sampled_from([*TABLES, TABLE]), st.integers(0, 10**15))
def test_the_parts_add_up_to_what_the_deduction_gives(
    table: MarginTable, notional: int
) -> None:
    exact = by_deduction(table, notional)
    assert 0 <= margin.maintenance(table, notional) - exact < len(table.tiers)


def test_a_notional_may_have_the_leverage_of_its_tier() -> None:
    assert margin.leverage_at(TABLE, usd("149999.999999")) == 40
    assert margin.leverage_at(TABLE, usd("150000")) == 20
    assert margin.leverage_at(TABLE, usd("10000000")) == 3


@given(
    szi=st.integers(1, 10**6),
    is_long=st.booleans(),
    leverage=st.integers(3, 40),
    entry=st.integers(100, 10**6),
)
def test_at_the_liquidation_price_the_account_is_worth_its_maintenance(
    szi: int, is_long: bool, leverage: int, entry: int
) -> None:
    size = Decimal(szi if is_long else -szi)
    notional = Decimal(szi * entry)
    cash = notional / leverage * 2 - size * entry  # twice the least at first
    available = notional / leverage * 2 - notional / (2 * leverage)
    px = margin.liquidation_px(
        mark_px=Decimal(entry),
        szi=size,
        margin_available=available,
        leverage=leverage,
    )
    assume(px is not None)
    assert px is not None
    equity, needed = cash + size * px, abs(size) * px / (2 * leverage)
    assert abs(equity - needed) <= notional.scaleb(-20)
    assert px < entry if is_long else px > entry


def test_a_state_adds_up_as_the_document_says() -> None:
    floor = Floor()
    floor.leverage(ALICE, 5, is_cross=False, asset=ISOLATED)
    floor.long(ALICE, "1000")
    floor.short(ALICE, "500", asset=OTHER)
    floor.long(ALICE, "100", asset=ISOLATED)
    floor.mark("101")
    floor.mark("98", ISOLATED)
    state = floor.exchange.account_state(ALICE, floor.now_ms)
    by_asset = {one.position.asset: one for one in state.positions}
    assert by_asset[COIN].value == usd("101000")
    assert by_asset[COIN].margin_used == usd("5050")  # at 20x
    assert by_asset[OTHER].margin_used == usd("5000")  # at 10x
    assert by_asset[COIN].unrealized_pnl == usd("1000")
    # Isolated: 2000 paid in, 200 lost.
    assert by_asset[ISOLATED].margin_used == usd("1800")
    assert by_asset[ISOLATED].position.raw_usd == usd("-8000")
    fees = usd("160000") * 45 // 100_000  # 0.045 % of 100,000 + 50,000 + 10,000
    # Selling rested: it was Alice's order that Carol bought from.
    fees -= usd("50000") * 30 // 100_000
    assert state.total.account_value == usd("1000800") - fees
    assert state.cross.account_value == usd("999000") - fees
    assert state.cross.total_margin_used == usd("10050")
    assert state.withdrawable == state.cross.account_value - usd("10050")
    # 101,000 / 40 + 50,000 / 20
    assert state.cross_maintenance == usd("5025")
    signed = usd("101000") - usd("50000")
    assert state.cross.total_raw_usd == state.cross.account_value - signed


def test_a_coin_binds_the_worse_of_both_sides() -> None:
    account = Account("0x", leverages={COIN: CROSS})
    account.trade(COIN, 300, 1_000_000, CROSS)  # 3 coins of 100
    coin = UNIVERSE[COIN]
    for bids, asks, worst in ((0, 0, 3), (200, 0, 5), (0, 500, 3), (0, 900, 6)):
        account.bids, account.asks = {COIN: bids}, {COIN: asks}
        needed = margin.required(account, COIN, coin, 1_000_000)
        assert needed == usd(str(worst * 10))


def test_an_isolated_coin_binds_what_is_still_to_be_paid_in() -> None:
    leverage = Leverage(5, False)
    account = Account("0x", leverages={ISOLATED: leverage})
    account.trade(ISOLATED, 300, 1_000_000, leverage)
    account.bids = {ISOLATED: 100}
    needed = margin.required(account, ISOLATED, UNIVERSE[ISOLATED], 1_000_000)
    assert needed == usd("20")


def test_what_binds_no_more_than_before_may_always_be_added() -> None:
    account = Account("0x", raw_usd=0)
    account.trade(COIN, 300, 1_000_000, CROSS)
    account.raw_usd -= usd("1000")  # far under water

    def may(extra: int) -> bool:
        return margin.can_add(account, UNIVERSE, marks_at_100, COIN, extra)

    assert may(-300)
    assert may(-600)  # a flip to the same size
    assert not may(-601)
    assert not may(1)


def test_margin_of_one_dex_does_not_carry_another() -> None:
    floor = Floor()
    wish = order("buy", "1", "100", asset=4)
    assert floor.refused(ALICE, wish).text.startswith("Insufficient margin")


def test_a_position_of_two_tiers_needs_both_parts() -> None:
    floor = Floor()
    account = floor.account(ALICE)
    account.trade(TIERED, 200_000_000, 1_000_000, CROSS)  # 200 million
    state = floor.exchange.account_state(ALICE, floor.now_ms)
    # 150 million / 80 + 50 million / 40
    assert state.cross_maintenance == usd("3125000")
