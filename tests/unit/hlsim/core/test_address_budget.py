"""Allowances of §1.4, against the numbers that were recorded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlsim.core.address_budget import (
    THROTTLED_MS,
    AddressBudget,
    AddressBudgets,
    RateLimit,
    cancel_cap,
    dollars_text,
    may_open,
    open_order_limit,
)
from hlsim.core.numbers import USD
from hlsim.core.refusal import Refused

NOW = 1_790_000_000_000


def exhausted(*, volume: int = 0, used: int | None = None) -> AddressBudget:
    """A budget that has just used ``used`` actions, or all it had."""
    budget = AddressBudget()
    budget.trade(volume)
    cap = budget.rate_limit().n_requests_cap
    assert budget.take(cap if used is None else used, NOW) is None
    return budget


@pytest.mark.parametrize(
    ("cum_vlm", "cap"),
    [
        (170_043_721_737_450_000, 170_043_731_737),  # a recorded answer
        (357_450_000, 10_357),  # another client's sample
        (2_854_574_593_578, 2_864_574),  # the documentation's
        (0, 10_000),
    ],
)
def test_the_cap_is_the_dollars_traded_and_ten_thousand(cum_vlm: int, cap: int) -> None:
    budget = AddressBudget()
    budget.trade(cum_vlm)
    assert budget.volume == cum_vlm
    assert budget.rate_limit() == RateLimit(
        cum_vlm=cum_vlm, n_requests_used=0, n_requests_cap=cap, n_requests_surplus=0
    )


def test_a_budget_lasts_for_exactly_its_cap() -> None:
    budget = AddressBudget()
    assert all(budget.take(1, NOW) is None for _ in range(10_000))
    assert budget.take(1, NOW)


@pytest.mark.parametrize(
    ("cents", "used", "text"),
    [
        (43792, 37986, "(37986 > 10436) for cumulative volume traded $437.92."),
        (8745746, 97460, "(97460 > 97456) for cumulative volume traded $87457.46."),
        (
            15355448,
            165960,
            "(165960 > 163553) for cumulative volume traded $153554.48.",
        ),
        (0, 10000, "(10000 > 9999) for cumulative volume traded $0."),
    ],
)
def test_the_refusal_tells_the_recorded_numbers(
    cents: int, used: int, text: str
) -> None:
    budget = exhausted(volume=cents * USD // 100, used=used)
    assert budget.take(1, NOW + 1) == Refused(
        f"Too many cumulative requests sent {text} "
        "Place taker orders to free up 1 request per USDC traded."
    )


def test_without_budget_one_action_passes_in_ten_seconds() -> None:
    budget = exhausted()
    seconds = [at for at in range(1, 46) if budget.take(1, NOW + at * 1000) is None]
    assert seconds == [10, 20, 30, 40]


def test_a_refused_action_neither_counts_nor_delays_the_next() -> None:
    budget = exhausted()
    for at in range(1, THROTTLED_MS, 100):
        assert budget.take(1, NOW + at)
    assert budget.rate_limit().n_requests_used == 10_000
    assert budget.take(1, NOW + THROTTLED_MS) is None
    assert budget.rate_limit().n_requests_used == 10_001


def test_a_dollar_traded_frees_one_action() -> None:
    budget = exhausted()
    budget.trade(USD)
    assert budget.take(1, NOW + 1) is None
    assert budget.take(1, NOW + 1)


@pytest.mark.parametrize(
    ("cap", "for_cancels"), [(10_000, 20_000), (100_000, 200_000), (300_000, 400_000)]
)
def test_cancels_are_allowed_for_longer(cap: int, for_cancels: int) -> None:
    assert cancel_cap(cap) == for_cancels


def test_cancels_pass_when_orders_no_longer_do_and_take_no_orders_turn() -> None:
    budget = exhausted()
    assert budget.take(1, NOW + 1)
    assert budget.take(1, NOW + THROTTLED_MS - 1, cancels=True) is None
    assert budget.take(1, NOW + THROTTLED_MS) is None


def test_cancels_too_come_to_an_end() -> None:
    budget = exhausted(used=20_000)
    refused = budget.take(1, NOW + 1, cancels=True)
    assert refused is not None
    assert "(20000 > 19999)" in refused.text
    assert budget.take(1, NOW + THROTTLED_MS, cancels=True) is None
    assert budget.take(1, NOW + THROTTLED_MS + 1, cancels=True)


def test_a_batch_counts_each_of_its_orders() -> None:
    budget = AddressBudget()
    budget.take(79, NOW)
    assert budget.rate_limit().n_requests_used == 79


def test_an_expired_action_costs_fivefold() -> None:
    budget = AddressBudget()
    budget.charge_expired(1)
    budget.charge_expired(2)
    assert budget.rate_limit().n_requests_used == 15


def test_bought_actions_are_a_surplus_until_they_are_used() -> None:
    budget = AddressBudget()
    budget.reserve(500)
    budget.take(100, NOW)
    assert budget.rate_limit() == RateLimit(
        cum_vlm=0, n_requests_used=0, n_requests_cap=10_000, n_requests_surplus=400
    )
    budget.take(10_399, NOW)
    assert budget.take(1, NOW + 1) is None
    assert budget.take(1, NOW + 2)


def test_an_allowance_of_zero_is_no_limit() -> None:
    budget = AddressBudget(0)
    assert all(budget.take(1000, NOW) is None for _ in range(1000))


def test_every_user_has_a_budget_of_its_own() -> None:
    budgets = AddressBudgets()
    budgets.of("0x1").take(5, NOW)
    assert budgets.of("0x1").rate_limit().n_requests_used == 5
    assert budgets.of("0x2").rate_limit().n_requests_used == 0


@pytest.mark.parametrize(
    ("dollars", "limit"),
    [
        (0, 1000),
        (4_999_999, 1000),
        (5_000_000, 1001),
        (20_000_000_000, 5000),
        (30_000_000_000, 5000),
    ],
)
def test_volume_earns_open_orders(dollars: int, limit: int) -> None:
    assert open_order_limit(dollars * USD) == limit
    assert may_open(limit - 1, dollars * USD)
    assert not may_open(limit, dollars * USD)


def test_reduce_only_and_trigger_orders_do_not_share_in_what_volume_earns() -> None:
    volume = 50_000_000 * USD
    assert may_open(1000, volume)
    assert may_open(999, volume, reduce_only_or_trigger=True)
    assert not may_open(1000, volume, reduce_only_or_trigger=True)


@given(st.lists(st.tuples(st.integers(1, 300), st.booleans()), max_size=200))
def test_what_passes_without_waiting_is_never_more_than_the_cancels_cap_and_a_batch(
    actions: list[tuple[int, bool]],
) -> None:
    budget = AddressBudget(1_000)
    for count, cancels in actions:
        budget.take(count, NOW, cancels=cancels)
    used = budget.rate_limit().n_requests_used
    # The first action ever may pass as the throttled one; no second within 10 s.
    assert used < cancel_cap(1_000) + 2 * 300


@pytest.mark.parametrize(
    ("units", "text"),
    [
        (0, "0"),
        (437_920_000, "437.92"),
        (437_915_000, "437.92"),
        (437_914_999, "437.91"),
        (437_900_000, "437.9"),
        (100_000_000_000, "100000"),
    ],
)
def test_dollars_are_written_to_the_cent_without_trailing_zeros(
    units: int, text: str
) -> None:
    assert dollars_text(units) == text


def test_a_question_about_a_stranger_leaves_nothing_behind() -> None:
    budgets = AddressBudgets()
    assert budgets.rate_limit("0x1") == budgets.of("0x2").rate_limit()
    assert len(budgets) == 1
