"""Funding follows the documented rule."""

import pytest

from hlsim.core.intervals import HOUR_MS
from hlsim.market.funding import MAX_ROWS, SCALE, Funding, hourly_rate


@pytest.mark.parametrize(
    ("premium", "rate"),
    [
        (0, 125_000),  # the baseline: 0.0001 / 8 = 0.0000125
        (SCALE // 2000, 125_000),  # 0.0005 is pulled back to 0.0001
        (SCALE // 1000, 625_000),  # 0.001 - 0.0005, an eighth of it
        (-SCALE // 1000, -625_000),
        (SCALE, 4 * SCALE // 100),  # never more than 4 %
    ],
)
def test_the_hourly_rate_is_an_eighth_of_the_clamped_one(
    premium: int, rate: int
) -> None:
    assert hourly_rate(premium) == rate


def test_payments_come_some_milliseconds_after_each_hour() -> None:
    rows = Funding(7).history(0, 0, 50 * HOUR_MS)
    assert len(rows) == 50
    assert all(15 <= row.time_ms % HOUR_MS <= 50 for row in rows)


def test_a_page_has_five_hundred_rows_and_begins_at_the_start() -> None:
    rows = Funding(7).history(0, 10 * HOUR_MS, 10_000 * HOUR_MS)
    assert len(rows) == MAX_ROWS
    assert rows[0].time_ms // HOUR_MS == 10
