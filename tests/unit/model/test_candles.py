"""The laws of a bar."""

from decimal import Decimal

import pytest

from tests.builders import bar
from threet.model.candles import Timeframe
from threet.model.errors import InvalidValueError

BAD = [
    {"high": Decimal(99)},
    {"low": Decimal(101)},
    {"low": Decimal(0)},
    {"low": Decimal("NaN")},
    {"open": Decimal("NaN")},
    {"close": Decimal("-Infinity")},
    {"high": Decimal("Infinity")},
    {"volume": Decimal(-1)},
    {"trades": -1},
    {"open_ms": 1_700_000_000},  # seconds
    {"open_ms": 1_700_000_000_001},  # starts no minute
]


@pytest.mark.parametrize("change", BAD, ids=str)
def test_a_bar_that_breaks_a_law_cannot_be_made(change: dict[str, object]) -> None:
    with pytest.raises(InvalidValueError):
        bar(**change)


def test_a_bar_ends_where_the_next_one_opens() -> None:
    one = bar(timeframe=Timeframe.M5, open_ms=1_700_000_100_000)
    assert one.end_ms == 1_700_000_400_000
    assert Timeframe.M5.open_of(one.end_ms - 1) == one.open_ms
    assert Timeframe.M5.open_of(one.end_ms) == one.end_ms
