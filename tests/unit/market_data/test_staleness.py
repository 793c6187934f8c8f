"""A number is believed by its age."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threet.market_data.staleness import (
    Liveness,
    coverage_of,
    judge_beat,
    judge_price,
    price_age_ms,
)
from threet.model.prices import Fresh, Missing, NewestPrice, PriceKind, Stale

NOW_MS = 1_767_225_600_000


def price(received_ms: int, event_ms: int | None = None) -> NewestPrice:
    return NewestPrice(
        symbol="BTC",
        kind=PriceKind.MID,
        price=Decimal(100),
        received_ns=received_ms * 1_000_000,
        event_ms=event_ms,
    )


def test_a_price_is_as_old_as_the_older_of_its_stamps() -> None:
    assert price_age_ms(price(NOW_MS - 5, NOW_MS - 700), NOW_MS) == 700
    assert price_age_ms(price(NOW_MS - 5, NOW_MS + 700), NOW_MS) == 5
    assert price_age_ms(price(NOW_MS - 5), NOW_MS) == 5


def test_a_clock_that_runs_ahead_gives_no_negative_age() -> None:
    assert price_age_ms(price(NOW_MS + 50), NOW_MS) == 0


@pytest.mark.parametrize(
    "dated",
    [price(NOW_MS + 10_001), price(NOW_MS, NOW_MS + 10_001), price(NOW_MS + 10**12)],
)
def test_a_stamp_far_in_the_future_is_stale_by_every_limit(dated: NewestPrice) -> None:
    quote = judge_price("BTC", dated, now_ms=NOW_MS, stale_after_ms=10**10)
    assert isinstance(quote, Stale)
    assert quote.age_ms > 0


def test_a_beat_far_in_the_future_is_no_life() -> None:
    dead = judge_beat(NOW_MS + 10_001, now_ms=NOW_MS, dead_after_ms=15_000)
    assert dead is Liveness.DEAD
    alive = judge_beat(NOW_MS + 10_000, now_ms=NOW_MS, dead_after_ms=15_000)
    assert alive is Liveness.ALIVE


@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_fresh_up_to_the_limit_and_stale_beyond(age: int, limit: int) -> None:
    quote = judge_price("BTC", price(NOW_MS - age), now_ms=NOW_MS, stale_after_ms=limit)
    assert isinstance(quote, Stale if age > limit else Fresh)
    assert quote.age_ms == age


def test_no_price_is_missing_and_every_symbol_is_counted_once() -> None:
    quotes = [
        judge_price("BTC", found, now_ms=NOW_MS, stale_after_ms=10)
        for found in (None, price(NOW_MS), price(NOW_MS - 11), price(NOW_MS - 10))
    ]
    assert quotes[0] == Missing("BTC")
    coverage = coverage_of(quotes)
    assert (coverage.fresh, coverage.stale, coverage.missing) == (2, 1, 1)
    assert coverage.symbols == 4


@pytest.mark.parametrize(
    ("beat_ms", "liveness"),
    [
        (None, Liveness.MISSING),
        (NOW_MS - 15_000, Liveness.ALIVE),
        (NOW_MS - 15_001, Liveness.DEAD),
    ],
)
def test_a_process_lives_as_long_as_it_beats(
    beat_ms: int | None, liveness: Liveness
) -> None:
    assert judge_beat(beat_ms, now_ms=NOW_MS, dead_after_ms=15_000) is liveness
