"""Indicators are defined only where they mean something."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from threet.strategies import indicators
from threet.strategies.sizing import kelly, volatility_target

_PRICES = st.lists(st.floats(1, 1000), min_size=80, max_size=120)


def series(*values: float) -> indicators.Series:
    return np.array(values, np.float64)


def test_too_few_values_have_no_average() -> None:
    assert indicators.ema(series(*[1.0] * 49), 10) is None
    assert indicators.ema(series(*[1.0] * 50), 10) == pytest.approx(1.0)


def test_what_came_before_the_window_changes_nothing() -> None:
    window = [float(n % 7) for n in range(50)]
    assert indicators.ema(series(*window), 10) == indicators.ema(
        series(*[10.0**6] * 30, *window), 10
    )


def test_strength_of_a_market_without_a_move_is_undefined() -> None:
    assert indicators.rsi(series(*[5.0] * 100), 14) is None
    assert indicators.rsi(np.arange(1.0, 101.0), 14) == pytest.approx(100)


def test_volatility_needs_positive_prices() -> None:
    assert indicators.volatility(series(1.0, 0.0, 1.0), 2) is None
    assert indicators.volatility(series(1.0, math.e, 1.0), 2) == pytest.approx(
        math.sqrt(2)
    )


def test_a_constant_series_has_no_entropy_and_a_line_has_none_of_it() -> None:
    assert indicators.permutation_entropy(series(*[7.0] * 200), 3) is None
    assert indicators.permutation_entropy(np.arange(200.0), 3) == 0
    assert indicators.permutation_entropy(np.arange(7.0), 3) is None


def test_two_patterns_in_turn_have_the_entropy_of_a_coin() -> None:
    """Equal values are ordered by time, so a zigzag has exactly two patterns."""
    zigzag = series(*[0, 1] * 101)
    expected = math.log(2) / math.log(6)
    entropy = indicators.permutation_entropy(zigzag, 3)
    assert entropy == pytest.approx(expected, rel=1e-3)


@given(_PRICES)
def test_entropy_is_a_share_and_blind_to_scale(prices: list[float]) -> None:
    values = series(*prices)
    entropy = indicators.permutation_entropy(values, 3)
    if entropy is not None:
        assert -1e-9 <= entropy <= 1 + 1e-9
        assert indicators.permutation_entropy(values * 8, 3) == pytest.approx(entropy)


@pytest.mark.parametrize("order", [2, 8])
def test_an_order_beyond_the_authors_is_refused(order: int) -> None:
    with pytest.raises(ValueError, match="3 to 7"):
        indicators.permutation_entropy(np.arange(9.0), order)


def test_sizes_are_unknown_where_an_input_is() -> None:
    assert volatility_target(None, 60, target=0.2, cap=1) is None
    assert volatility_target(0.0, 60, target=0.2, cap=1) is None
    assert kelly(None, 1.0, fraction=0.5, cap=1) is None
    assert kelly(0.1, 0.0, fraction=0.5, cap=1) is None


def test_sizes_are_capped_and_never_below_nothing() -> None:
    assert volatility_target(1e-9, 60, target=0.2, cap=1.5) == 1.5
    assert kelly(-0.1, 1.0, fraction=0.5, cap=1) == 0
    assert kelly(0.1, 1.0, fraction=0.5, cap=1) == pytest.approx(0.05)
    assert kelly(9.0, 1.0, fraction=0.5, cap=1) == 1
