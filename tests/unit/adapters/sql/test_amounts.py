"""Amounts reach a table as plain digits, or not at all."""

from decimal import Decimal

import pytest

from threet.adapters.sql.amounts import exact_text
from threet.model.errors import InvalidValueError


@pytest.mark.parametrize("text", ["Infinity", "-Infinity", "NaN", "sNaN", "1E+18"])
def test_what_is_not_finite_or_too_large_is_no_amount(text: str) -> None:
    with pytest.raises(InvalidValueError):
        exact_text(Decimal(text))


@pytest.mark.parametrize(
    ("text", "plain"),
    [("1E+3", "1000"), ("-0.10", "-0.10"), ("1E-18", "0." + "0" * 17 + "1")],
)
def test_an_amount_is_plain_digits(text: str, plain: str) -> None:
    assert exact_text(Decimal(text)) == plain
