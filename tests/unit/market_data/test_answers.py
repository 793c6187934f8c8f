"""What an answer says: closed bars, holes; nothing invented."""

from collections.abc import Sequence
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.fake_exchange import FakeExchange
from threet.adapters.memory.clock import ManualClock
from threet.market_data.answers import Hole, confirmed_ms, holes, settled
from threet.model.candles import Candle, Timeframe

T0 = 1_700_006_400_000
MINUTE = 60_000
M1 = Timeframe.M1
EXCHANGE = FakeExchange(ManualClock(T0 + 1000 * MINUTE))


def bars(*minutes: int) -> Sequence[Candle]:
    return [EXCHANGE.bar("BTC", M1, T0 + minute * MINUTE) for minute in minutes]


def test_the_newest_bar_is_closed_only_a_minute_after_its_end() -> None:
    answer = bars(0, 1)
    end_ms = T0 + 2 * MINUTE
    assert [one.is_closed for one in settled(answer, end_ms + 59_999)] == [True, False]
    assert [one.is_closed for one in settled(answer, end_ms + 60_000)] == [True, True]


def test_a_bar_before_another_is_closed_whatever_our_clock_says() -> None:
    answer = [msgspec.structs.replace(one, is_closed=False) for one in bars(0, 1)]
    assert [one.is_closed for one in settled(answer, T0)] == [True, False]


def test_the_forming_bar_stays_forming_whatever_our_clock_says() -> None:
    forming = msgspec.structs.replace(bars(1)[0], is_closed=False)
    assert settled([forming], T0 + 99 * MINUTE) == [forming]


def test_only_a_later_bar_confirms_one() -> None:
    assert confirmed_ms([]) is None
    assert confirmed_ms(bars(1)) is None
    assert confirmed_ms(bars(1, 1)) is None
    assert confirmed_ms(bars(5, 1, 3)) == T0 + 3 * MINUTE


def test_missing_minutes_are_holes() -> None:
    found = holes(bars(0, 1, 4, 5, 7), M1)
    assert list(found) == [
        Hole(T0 + 2 * MINUTE, T0 + 4 * MINUTE),
        Hole(T0 + 6 * MINUTE, T0 + 7 * MINUTE),
    ]


def test_a_hole_before_the_first_bar_shows_when_it_was_asked_for() -> None:
    assert list(holes(bars(2), M1, T0)) == [Hole(T0, T0 + 2 * MINUTE)]
    assert holes(bars(2), M1) == []
    assert holes([], M1, T0) == []


@given(st.sets(st.integers(0, 300), min_size=1), st.randoms())
def test_bars_and_holes_together_cover_the_range_once(
    minutes: set[int], shuffler: Random
) -> None:
    """Law: every minute up to the newest is a bar or in one hole, in any order."""
    order = list(minutes)
    shuffler.shuffle(order)
    covered = [T0 + minute * MINUTE for minute in minutes]
    for hole in holes(bars(*order), M1, T0):
        covered += range(hole.start_ms, hole.end_ms, MINUTE)
    assert sorted(covered) == list(range(T0, T0 + (max(minutes) + 1) * MINUTE, MINUTE))
