"""Weights of requests and the budget they come from."""

import pytest

from hlsim.core.limits import (
    Buckets,
    TokenBucket,
    base_weight,
    exchange_weight,
    item_weight,
)


@pytest.mark.parametrize(
    ("kind", "weight"),
    [("allMids", 2), ("l2Book", 2), ("userRole", 60), ("meta", 20), ("userFills", 20)],
)
def test_weights_are_the_documented_ones(kind: str, weight: int) -> None:
    assert base_weight(kind) == weight


@pytest.mark.parametrize(
    ("kind", "items", "weight"),
    [
        ("candleSnapshot", 5000, 84),
        ("candleSnapshot", 60, 1),
        ("candleSnapshot", 0, 0),
        ("fundingHistory", 500, 25),
        ("recentTrades", 10, 1),
        ("historicalOrders", 2000, 100),
        ("userFills", 21, 2),
        ("userFillsByTime", 20, 1),
        ("userFunding", 500, 25),
        ("userNonFundingLedgerUpdates", 40, 2),
        ("twapHistory", 1, 1),
        ("userTwapSliceFills", 20, 1),
        ("userTwapSliceFillsByTime", 20, 1),
        ("delegatorHistory", 20, 1),
        ("delegatorRewards", 20, 1),
        ("validatorStats", 20, 1),
        ("openOrders", 500, 0),
    ],
)
def test_long_answers_cost_more(kind: str, items: int, weight: int) -> None:
    assert item_weight(kind, items) == weight


@pytest.mark.parametrize(
    ("batch", "weight"), [(0, 1), (1, 1), (39, 1), (40, 2), (79, 2), (80, 3)]
)
def test_forty_orders_at_once_weigh_one_more(batch: int, weight: int) -> None:
    assert exchange_weight(batch) == weight


def test_a_budget_is_a_minutes_worth_and_refills_evenly() -> None:
    bucket = TokenBucket(1200, 0)
    assert bucket.take(1200, 0)
    assert not bucket.take(1, 49)
    assert bucket.take(1, 50)  # 1200 a minute is one in 50 ms


def test_a_surcharge_may_overdraw_the_budget() -> None:
    bucket = TokenBucket(1200, 0)
    bucket.charge(1260, 0)
    assert not bucket.take(1, 3000)
    assert bucket.take(1, 3050)


def test_a_limit_of_zero_is_none() -> None:
    bucket = TokenBucket(0, 0)
    assert all(bucket.take(1000, 0) for _ in range(100))


def test_a_budget_is_full_again_after_a_minute() -> None:
    bucket = TokenBucket(60, 0)
    bucket.take(60, 0)
    assert not bucket.is_full(59_999)
    assert bucket.is_full(60_000)


def test_each_address_has_a_bucket_of_its_own() -> None:
    buckets = Buckets(1)
    assert buckets.of("here", 0).take(1, 0)
    assert not buckets.of("here", 0).take(1, 0)
    assert buckets.of("there", 0).take(1, 0)


def test_of_many_addresses_those_that_owe_nothing_are_forgotten() -> None:
    buckets = Buckets(60)
    for number in range(3000):
        assert buckets.of(str(number), number * 1000).take(1, number * 1000)
    assert len(buckets) <= 1000


def test_an_address_that_owes_is_remembered() -> None:
    buckets = Buckets(60)
    buckets.of("greedy", 0).charge(10**6, 0)
    for number in range(3000):
        buckets.of(str(number), number * 1000)
    assert not buckets.of("greedy", 3_000_000).take(1, 3_000_000)
