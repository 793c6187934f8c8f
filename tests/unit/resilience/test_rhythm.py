"""When a topic is silent: by its own rhythm, within what its channel allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threet.model.topics import Channel
from threet.resilience.rhythm import CADENCES, Rhythm


def spoken(channel: Channel, gap: float, times: int = 40) -> Rhythm:
    rhythm = Rhythm(CADENCES[channel])
    for number in range(times):
        rhythm.heard(number * gap)
    return rhythm


def test_mids_are_steady_and_silent_after_five_seconds_whatever_was_learned() -> None:
    assert Rhythm(CADENCES[Channel.MIDS]).limit_secs == 5
    assert spoken(Channel.MIDS, 4.0).limit_secs == 5


def test_w3_a_lively_quote_is_silent_after_the_floor() -> None:
    assert spoken(Channel.QUOTE, 0.1).limit_secs == 10


def test_f48_a_thin_symbol_is_given_the_time_that_it_takes() -> None:
    assert spoken(Channel.QUOTE, 4.0).limit_secs == pytest.approx(60)
    assert spoken(Channel.TRADES, 60.0).limit_secs == pytest.approx(900)


def test_nothing_is_believed_before_it_is_learned() -> None:
    assert spoken(Channel.QUOTE, 0.1, times=8).limit_secs == 300
    assert spoken(Channel.QUOTE, 0.1, times=9).limit_secs == 10


def test_f7_a_book_that_slows_from_half_a_second_to_five_is_not_silent() -> None:
    assert spoken(Channel.BOOK, 0.5).limit_secs > 5.4


def test_a_gap_of_an_outage_teaches_nothing() -> None:
    rhythm = spoken(Channel.QUOTE, 0.1)
    rhythm.interrupted()
    rhythm.heard(1_000.0)
    assert rhythm.limit_secs == 10


def test_alarms_without_speech_double_the_patience_and_speech_ends_that() -> None:
    rhythm = spoken(Channel.QUOTE, 0.1)
    rhythm.alarmed()
    rhythm.alarmed()
    assert rhythm.limit_secs == 40
    for number in range(9):
        rhythm.heard(100.0 + number / 10)
    rhythm.interrupted()
    assert rhythm.limit_secs < 300
    for number in range(900):
        rhythm.heard(200.0 + number / 10)
    assert rhythm.limit_secs == 10


@given(st.lists(st.floats(min_value=0, max_value=1e5), min_size=1, max_size=60))
def test_the_limit_stays_between_floor_and_most(gaps: list[float]) -> None:
    cadence = CADENCES[Channel.QUOTE]
    rhythm, now = Rhythm(cadence), 0.0
    for gap in gaps:
        now += gap
        rhythm.heard(now)
        assert cadence.floor_secs <= rhythm.limit_secs <= cadence.most_secs
