"""What fills do to a position: names, profit, entry, funding since it was opened."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hlsim.core.accounts import Account, Leverage
from hlsim.core.positions import Direction, Position, direction

CROSS, ISOLATED = Leverage(10, True), Leverage(10, False)


@pytest.mark.parametrize(
    ("start", "change", "name"),
    [
        (0, 1, "Open Long"),
        (0, -1, "Open Short"),
        (2, 1, "Open Long"),
        (-2, -1, "Open Short"),
        (2, -1, "Close Long"),
        (2, -2, "Close Long"),
        (-2, 1, "Close Short"),
        (-2, 2, "Close Short"),
        (2, -3, "Long > Short"),
        (-2, 3, "Short > Long"),
    ],
)
def test_a_fill_is_called_by_what_it_does_to_the_position(
    start: int, change: int, name: str
) -> None:
    assert direction(start, change) == Direction(name)


def test_profit_is_what_was_sold_for_less_what_it_had_cost_on_average() -> None:
    account = Account("0x")
    account.trade(0, 3, 100, CROSS)
    account.trade(0, 1, 140, CROSS)  # 440 for 4
    effect = account.trade(0, -2, 120, CROSS)  # 240 for what cost 220
    assert (effect.start_szi, effect.closed_pnl) == (4, 20)
    assert account.positions[0].cost == 220
    assert account.raw_usd == -300 - 140 + 240


def test_a_flip_closes_all_and_opens_the_rest_at_the_price() -> None:
    account = Account("0x")
    account.trade(0, 2, 100, CROSS)
    effect = account.trade(0, -5, 110, CROSS)
    assert effect.dir is Direction.LONG_TO_SHORT
    assert effect.closed_pnl == 20
    held = account.positions[0]
    assert (held.szi, held.cost) == (-3, -330)


def test_a_flipped_position_has_paid_no_funding_yet() -> None:
    account = Account("0x")
    account.trade(0, 2, 100, CROSS)
    account.positions[0].funding.paid(7)
    account.trade(0, 1, 100, CROSS)
    assert account.positions[0].funding.since_open == 7
    assert account.positions[0].funding.since_change == 0
    account.trade(0, -5, 100, CROSS)
    assert account.positions[0].funding.since_open == 0


def test_an_isolated_position_takes_its_margin_in_and_gives_it_back() -> None:
    account = Account("0x", raw_usd=1000)
    account.trade(0, 5, 100, ISOLATED)  # 500 of notional, 50 of margin
    assert (account.raw_usd, account.positions[0].raw_usd) == (950, -450)
    account.trade(0, -2, 110, ISOLATED)  # two fifths of an equity of 100
    assert (account.raw_usd, account.positions[0].raw_usd) == (990, -270)
    account.trade(0, -3, 90, ISOLATED)  # -270 + 270: nothing is left
    assert (account.raw_usd, account.positions) == (990, {})


trades = st.lists(
    st.tuples(
        st.integers(-50, 50).filter(bool), st.integers(1, 1000), st.sampled_from((0, 1))
    ),
    max_size=20,
)


@example([(1, 1, 0), (1, 2, 0), (-1, 1, 0), (1, 1, 0)], False)
@given(trades, st.booleans())
def test_cash_and_profit_agree_however_a_position_was_traded(
    done: list[tuple[int, int, int]], is_cross: bool
) -> None:
    account = Account("0x")
    profit = paid = 0
    for change, px, asset in done:
        paid += change * px
        leverage = Leverage(7, is_cross)
        effect = account.trade(asset, change, px, leverage)
        profit += effect.closed_pnl
    assert account.cash == -paid
    assert account.cash + sum(one.cost for one in account.positions.values()) == profit
    for asset in (0, 1):
        total = sum(change for change, _, of in done if of == asset)
        assert account.szi(asset) == total


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**7)), min_size=1),
    st.lists(st.integers(1, 10**5), max_size=30),
)
def test_closing_a_part_leaves_the_entry_price_where_it_is(
    opened: list[tuple[int, int]], closed: list[int]
) -> None:
    held = Position(asset=0, leverage=10)
    for change, px in opened:
        held.increase(change, px)
    cost, size = held.fine_cost, held.szi
    for change in closed:
        if change < held.szi:
            held.reduce(-change, 1)
    # Each part is rounded to 10**-18 dollars at most.
    drift = abs(held.fine_cost * size - cost * held.szi)
    assert drift <= (len(closed) + 1) * size * size
