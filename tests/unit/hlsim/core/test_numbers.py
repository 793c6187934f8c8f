"""Numbers on the wire and the tick rule."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlsim.core.numbers import (
    ceil_to_tick,
    decimal_string,
    decimal_text,
    floor_to_tick,
    parse_units,
    tick_units,
)


@pytest.mark.parametrize(
    ("units", "decimals", "text"),
    [
        (1050550, 1, "105055.0"),
        (14280, 5, "0.1428"),
        (-25, 2, "-0.25"),
        (-5, 3, "-0.005"),
        (7, 0, "7.0"),
        (0, 6, "0.0"),
    ],
)
def test_numbers_are_written_as_the_exchange_does(
    units: int, decimals: int, text: str
) -> None:
    assert decimal_string(units, decimals) == text


@given(st.integers(-(10**18), 10**18), st.integers(0, 10))
def test_what_is_written_reads_back_the_same(units: int, decimals: int) -> None:
    assert parse_units(decimal_string(units, decimals), decimals) == units


@pytest.mark.parametrize(
    "text", ["", "x", "nan", "Infinity", "0.001", "1e999999999", "1e900000"]
)
def test_what_is_no_number_of_units_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|decimals"):
        parse_units(text, 2)


def test_half_units_round_to_even() -> None:
    assert decimal_text(Decimal("0.0000005")) == "0.0"
    assert decimal_text(Decimal("0.0000015")) == "0.000002"


@pytest.mark.parametrize(
    ("units", "decimals", "tick"),
    [
        (1234560, 1, 10),  # 123456.0: whole numbers are always valid
        (123456, 1, 10),  # 12345.6 has six figures
        (12345, 1, 1),
        (1234, 5, 1),  # 0.01234 is fine
        (10**6, 6, 100),  # 1.0000 has five figures
    ],
)
def test_a_price_has_five_figures_or_is_whole(
    units: int, decimals: int, tick: int
) -> None:
    assert tick_units(units, decimals) == tick


@given(st.integers(1, 10**10), st.integers(0, 6))
def test_rounding_to_a_tick_brackets_the_price(units: int, decimals: int) -> None:
    low, high = floor_to_tick(units, decimals), ceil_to_tick(units, decimals)
    assert low <= units <= high
    for valid in (low, high):
        assert valid % tick_units(valid, decimals) == 0
