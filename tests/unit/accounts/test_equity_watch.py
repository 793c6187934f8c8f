"""Peak and start of the day, by believed readings."""

from decimal import Decimal

from threet.accounts.equity_watch import EquityWatch

DAY_MS = 86_400_000


def test_before_the_first_reading_nothing_is_known() -> None:
    watch = EquityWatch()
    assert (watch.peak, watch.of_day) == (None, None)


def test_the_peak_stays_and_the_day_begins_anew() -> None:
    watch = EquityWatch()
    points = [(0, 100), (5, 120), (DAY_MS - 1, 90), (DAY_MS, 95), (DAY_MS + 9, 80)]
    watch.note_all((at, Decimal(equity)) for at, equity in points)
    assert (watch.peak, watch.of_day) == (Decimal(120), Decimal(95))
