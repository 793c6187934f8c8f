"""Marks follow the three-price rule: no single quote or trade moves them far."""

import pytest

from hlsim.core.intervals import HOUR_MS
from hlsim.core.numbers import RATE_SCALE
from hlsim.market.catalogue import listings
from hlsim.market.funding import Funding
from hlsim.market.marks import Marks
from hlsim.market.synthetic import SyntheticMarket
from tests.unit.hlsim.market.living import lived

START = 1_760_000_000_000 // HOUR_MS * HOUR_MS
BTC = listings(1, 7)


class Premium(Funding):
    """Funding whose premium is set by hand."""

    def __init__(self, premium: int) -> None:
        super().__init__(0)
        self.now = premium

    def premium(self, asset: int, at_ms: int) -> int:
        return self.now


def quoted(marks: Marks, seconds: int, bid: int, ask: int, last: int) -> None:
    marks.quoted(0, START + seconds * 1000, bid, ask, last)


def mark(marks: Marks, seconds: float) -> int:
    return marks.mark_px(0, START + round(seconds * 1000))


def test_before_any_quote_the_mark_is_the_first_price() -> None:
    marks = Marks(BTC, Premium(0))
    assert marks.mark_px(0, START) == marks.oracle_px(0) == BTC[0].px


def test_the_oracle_is_the_middle_without_the_premium() -> None:
    marks = Marks(BTC, Premium(RATE_SCALE // 100))
    quoted(marks, 0, 1_009_990, 1_010_010, 1_010_000)
    assert marks.oracle_px(0) == 1_000_000  # 1,010,000 / 1.01


def test_a_jump_of_all_prices_reaches_the_mark_with_the_second_price() -> None:
    # Oracle and second price jump together, so their medians do: two of three.
    marks = Marks(BTC, Premium(0))
    quoted(marks, 0, 999_990, 1_000_010, 1_000_000)
    quoted(marks, 60, 1_099_990, 1_100_010, 1_100_000)
    assert mark(marks, 60) == 1_100_000


def test_a_change_of_the_oracle_alone_is_outvoted() -> None:
    funding = Premium(0)
    marks = Marks(BTC, funding)
    quoted(marks, 0, 999_990, 1_000_010, 1_000_000)
    funding.now = RATE_SCALE // 100
    quoted(marks, 60, 999_990, 1_000_010, 1_000_000)
    assert marks.oracle_px(0) < 991_000
    assert mark(marks, 60) == 1_000_000


def test_a_wide_book_moves_the_mark_only_as_far_as_its_average() -> None:
    marks = Marks(BTC, Premium(0))
    quoted(marks, 0, 999_990, 1_000_010, 1_000_000)
    # The bid is pulled for a moment: mid 995,000, oracle alike, and the last trade
    # lies within, so the second price stays.
    quoted(marks, 60, 990_000, 1_000_000, 1_000_000)
    assert 995_000 <= mark(marks, 60) <= 1_000_000


@pytest.mark.parametrize("last", [900_000, 1_100_000])
def test_a_wild_trade_counts_no_more_than_the_best_prices(last: int) -> None:
    marks = Marks(BTC, Premium(0))
    quoted(marks, 0, 999_990, 1_000_010, 1_000_000)
    quoted(marks, 1, 999_990, 1_000_010, last)
    assert abs(mark(marks, 1) - 1_000_000) <= 10


@pytest.mark.parametrize(("seconds", "share"), [(0, 0), (150, 0.5), (1350, 0.9)])
def test_the_average_gap_follows_within_minutes(seconds: int, share: float) -> None:
    funding = Premium(0)
    marks = Marks(BTC, funding)
    quoted(marks, 0, 999_990, 1_000_010, 1_000_000)
    funding.now = RATE_SCALE // 100
    # A gap of 1 % opens between oracle and middle ...
    quoted(marks, 0, 999_990, 1_000_010, 1_000_000)
    gap = 1_000_000 - marks.oracle_px(0)
    # ... and when all prices jump, oracle plus average gap is the middle of the three.
    quoted(marks, seconds, 1_099_990, 1_100_010, 1_100_000)
    found = mark(marks, seconds) - marks.oracle_px(0)
    assert found == pytest.approx(gap * share, abs=100)


def test_looking_changes_nothing() -> None:
    seen, unseen = Marks(BTC, Premium(10**7)), Marks(BTC, Premium(10**7))
    for second in range(0, 100, 7):
        px = 1_000_000 + second * 100
        for one in (seen, unseen):
            quoted(one, second, px - 10, px + 10, px)
        for part in range(7):
            mark(seen, second + part)
    assert mark(seen, 100) == mark(unseen, 100)


def test_a_frozen_mark_stands_still() -> None:
    marks = Marks(BTC, Premium(RATE_SCALE // 100))
    quoted(marks, 0, 999_990, 1_000_010, 1_000_000)
    before = mark(marks, 10)
    marks.freeze(0, START + 10_000)
    assert mark(marks, 10) == mark(marks, 9999) == marks.oracle_px(0) == before


def test_the_marks_of_the_synthetic_market_are_near_its_middle() -> None:
    market = SyntheticMarket(listings(20, 7), seed=7, start_ms=START, history_days=0)
    lived(market, START + 60_000)
    for asset in range(7):
        halves = market.mid_halves(asset)
        assert halves is not None
        now = START + 60_000
        px = market.mark_px(asset, now)
        assert px == market.context(asset, now).mark_px
        assert abs(2 * px - halves) < halves / 500
        assert market.oracle_px(asset) == market.context(asset, now).oracle_px
