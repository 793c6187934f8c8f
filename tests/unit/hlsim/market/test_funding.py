"""Funding was paid after each hour."""

from hlsim.core.intervals import HOUR_MS
from hlsim.market.funding import MAX_ROWS, Funding


def test_payments_come_some_milliseconds_after_each_hour() -> None:
    rows = Funding(7).history(0, 0, 50 * HOUR_MS)
    assert len(rows) == 50
    assert all(15 <= row.time_ms % HOUR_MS <= 50 for row in rows)


def test_a_page_has_five_hundred_rows_and_begins_at_the_start() -> None:
    rows = Funding(7).history(0, 10 * HOUR_MS, 10_000 * HOUR_MS)
    assert len(rows) == MAX_ROWS
    assert rows[0].time_ms // HOUR_MS == 10
