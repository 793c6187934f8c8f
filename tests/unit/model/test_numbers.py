"""What counts as a number of money."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threet.model.errors import InvalidValueError
from threet.model.numbers import exact, require_believable


@pytest.mark.parametrize(
    "text",
    ["", "NaN", "Infinity", "-Infinity", "1e400", "1E3", "0x10", " 1", "1 ", "1,5",
     "١٢", "+1", ".5", "1.", "1" * 19, "1." + "0" * 19, "--1", "1_000"],
)  # fmt: skip
def test_what_is_not_a_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        exact("px", text)


@given(st.integers(-(10**18) + 1, 10**18 - 1), st.integers(0, 18))
def test_every_digit_of_a_plain_decimal_is_kept(digits: int, scale: int) -> None:
    value = Decimal(digits).scaleb(-scale)
    assert exact("px", format(value, "f")) == value


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e18", "1e-19", "-1e20"])
def test_a_computed_number_obeys_the_same_law(value: str) -> None:
    with pytest.raises(InvalidValueError):
        require_believable("amount", Decimal(value))
