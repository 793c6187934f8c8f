"""Holes are known or not, and what cannot be right is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threet.market_data.audit import audit, gaps_of
from threet.model.candles import Timeframe
from threet.ports.gap_store import CandleGap

T0 = 1_700_006_400_000
MINUTE = 60_000
PAIR = ("BTC", Timeframe.M1)
NOW = T0 + 1_000 * MINUTE


def a_gap(first: int, end: int) -> CandleGap:
    return CandleGap(
        symbol="BTC",
        timeframe=Timeframe.M1,
        start_ms=T0 + first * MINUTE,
        end_ms=T0 + end * MINUTE,
        found_ms=NOW,
        asked_ms=NOW,
    )


def opens(*minutes: int) -> list[int]:
    return [T0 + minute * MINUTE for minute in minutes]


def test_an_empty_pair_is_consistent_and_has_no_first_bar() -> None:
    one = audit(PAIR, [], [], NOW)
    assert (one.bars, one.first_ms, one.is_consistent) == (0, None, True)


def test_a_hole_is_known_only_when_the_ledger_explains_each_of_its_bars() -> None:
    stored = opens(0, 3, 4, 7)
    whole = audit(PAIR, stored, [a_gap(1, 2), a_gap(2, 3), a_gap(5, 7)], NOW)
    assert (whole.known_holes, whole.missing_bars, whole.is_consistent) == (2, 4, True)
    half = audit(PAIR, stored, [a_gap(1, 3), a_gap(5, 6)], NOW)
    assert (half.known_holes, half.is_consistent) == (1, False)
    (gap,) = gaps_of(half, NOW)
    assert (gap.start_ms, gap.end_ms, gap.asked_ms) == (*opens(5, 7), 0)


@pytest.mark.parametrize(
    ("stored", "figure"),
    [
        (opens(0, 1, 1), "duplicates"),
        ([T0, T0 + 61_000], "misplaced"),
        (opens(1_001), "early"),
    ],
)
def test_what_cannot_be_is_told(stored: list[int], figure: str) -> None:
    one = audit(PAIR, stored, [a_gap(0, 2_000)], NOW)
    assert getattr(one, figure) == 1
    assert not one.is_consistent


@given(st.sets(st.integers(0, 60), min_size=1))
def test_noting_what_is_unknown_makes_it_known(minutes: set[int]) -> None:
    stored = opens(*minutes)
    before = audit(PAIR, stored, [], NOW)
    after = audit(PAIR, stored, gaps_of(before, NOW), NOW)
    assert after.is_consistent
    assert after.known_holes == len(before.unknown_holes)
    assert after.bars + after.missing_bars == max(minutes) - min(minutes) + 1
