"""Candle intervals: which one a moment falls into, and where it ends.

All but the month are counted from 1970-01-01 UTC; for ``3d`` and ``1w`` the real
exchange's alignment is not documented, so that is an assumption.
"""

from datetime import UTC, datetime, timedelta

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
MONTH = "1M"
INTERVALS_MS = {
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": HOUR_MS,
    "2h": 2 * HOUR_MS,
    "4h": 4 * HOUR_MS,
    "8h": 8 * HOUR_MS,
    "12h": 12 * HOUR_MS,
    "1d": DAY_MS,
    "3d": 3 * DAY_MS,
    "1w": 7 * DAY_MS,
    MONTH: 31 * DAY_MS,
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def open_ms(interval: str, at_ms: int) -> int:
    """Return when the interval that contains ``at_ms`` began."""
    if interval != MONTH:
        return at_ms - at_ms % INTERVALS_MS[interval]
    day = _EPOCH + timedelta(milliseconds=at_ms)
    first = day.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first - _EPOCH) // timedelta(milliseconds=1)


def close_ms(interval: str, opened_ms: int) -> int:
    """Return the last millisecond of the interval that began at ``opened_ms``."""
    if interval != MONTH:
        return opened_ms + INTERVALS_MS[interval] - 1
    # 31 days after the first of a month always lies in the next one.
    return open_ms(MONTH, opened_ms + 31 * DAY_MS) - 1
