"""Which candles are due, and how much of them is asked for."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from threet.market_data.schedule import MOST_BARS, SETTLE_MS, due, need, pause_secs
from threet.model.candles import Timeframe

DAY = 86_400_000
T0 = 1_700_006_400_000 // DAY * DAY
M1, H1 = Timeframe.M1, Timeframe.H1
instants = st.integers(T0, T0 + 30 * DAY)
frames = st.sampled_from(list(Timeframe))


def test_a_bar_is_due_two_seconds_after_its_end() -> None:
    # 00:00 is stored; 00:01 closes at 00:02:00.
    closes_ms = T0 + 2 * 60_000
    early = need(("BTC", M1), T0, now_ms=closes_ms + SETTLE_MS - 1, hot_candles=10)
    assert early is None
    wanted = need(("BTC", M1), T0, now_ms=closes_ms + SETTLE_MS, hot_candles=10)
    assert wanted is not None
    assert wanted.start_ms == T0 + 60_000
    assert wanted.end_ms == closes_ms + SETTLE_MS


def test_f46_a_first_fetch_fills_the_hot_window_with_the_newest() -> None:
    now_ms = T0 + 90_000
    wanted = need(("BTC", M1), None, now_ms=now_ms, hot_candles=500)
    assert wanted is not None
    assert wanted.is_first
    # 499 closed bars and the forming one, which opened at 00:01.
    assert wanted.start_ms == T0 + 60_000 - 499 * 60_000
    assert wanted.end_ms == now_ms
    # 20 + 500 / 60 rounded up
    assert wanted.weight == 29


def test_f47_never_more_is_asked_than_the_exchange_has() -> None:
    wanted = need(("BTC", M1), T0, now_ms=T0 + 30 * DAY, hot_candles=500)
    assert wanted is not None
    assert (wanted.end_ms - wanted.start_ms) // 60_000 + 1 == MOST_BARS
    assert wanted.weight == 20 + 84  # 5000 / 60 = 83.3


@given(frames, instants, st.integers(0, 10_000), st.integers(1, 5000))
def test_no_closed_bar_is_asked_for_twice(
    timeframe: Timeframe, now_ms: int, bars_ago: int, hot_candles: int
) -> None:
    """Law: the range begins after what is stored, and holds a closed bar if any."""
    newest_ms = timeframe.open_of(now_ms) - bars_ago * timeframe.millis
    wanted = need(("BTC", timeframe), newest_ms, now_ms=now_ms, hot_candles=hot_candles)
    if wanted is None:
        assert newest_ms + 2 * timeframe.millis + SETTLE_MS > now_ms
    else:
        assert wanted.start_ms > newest_ms
        assert wanted.start_ms % timeframe.millis == 0
        assert wanted.start_ms + timeframe.millis <= now_ms - SETTLE_MS
        assert wanted.weight <= 104


def test_kept_pairs_go_before_first_fetches_and_short_before_long() -> None:
    pairs = [("A", H1), ("A", M1), ("B", H1), ("B", M1), ("C", M1)]
    # One timeframe and 2 s late, both of B.
    now_ms = T0 + SETTLE_MS
    newest = [None, None, T0 - 3 * 60 * 60_000, T0 - 3 * 60_000, None]
    needs = due(pairs, newest, now_ms=now_ms, hot_candles=10)
    assert [(one.symbol, one.timeframe) for one in needs] == [
        ("B", M1),
        ("B", H1),
        ("A", M1),
        ("C", M1),
        ("A", H1),
    ]


def test_the_latest_by_its_own_timeframe_goes_first() -> None:
    pairs = [("A", M1), ("A", H1), ("B", M1)]
    newest = [T0 - 4 * 60_000, T0 - 6 * 60 * 60_000, T0 - 9 * 60_000]
    needs = due(pairs, newest, now_ms=T0 + SETTLE_MS, hot_candles=10)
    assert [(one.symbol, one.timeframe) for one in needs] == [
        ("B", M1),  # by 7 minutes
        ("A", H1),  # by 4 hours
        ("A", M1),  # by 2 minutes
    ]


@settings(max_examples=30, deadline=None)
@example(symbols=6, served=2)
@given(st.integers(1, 8), st.integers(1, 4))
def test_every_pair_is_served_however_scarce_the_weight(
    symbols: int, served: int
) -> None:
    """Law: a pair waits for as many of its timeframes as passes serve all pairs.

    Of a pass each minute so few are served that minute bars alone would take all.
    """
    frames = (Timeframe.M15, Timeframe.M5, M1)
    pairs = [(f"P{number}", frame) for frame in frames for number in range(symbols)]
    newest = dict.fromkeys(pairs, T0 - 60 * 60_000)
    waiting = set(pairs)
    for now_ms in range(T0 + SETTLE_MS, T0 + 30 * 60 * 60_000, 60_000):
        needs = due(pairs, list(newest.values()), now_ms=now_ms, hot_candles=10)
        for one in needs[:served]:
            pair = (one.symbol, one.timeframe)
            newest[pair] = one.timeframe.open_of(now_ms) - one.timeframe.millis
            waiting.discard(pair)
        if not waiting:
            break
    turns = len(pairs) / served + 2
    assert (now_ms - T0) / Timeframe.M15.millis <= turns


def test_what_is_up_to_date_is_not_due() -> None:
    pairs = [("A", M1), ("B", M1)]
    needs = due(pairs, [T0 - 60_000, T0 - DAY], now_ms=T0 + 30_000, hot_candles=10)
    assert [one.symbol for one in needs] == ["B"]


@pytest.mark.parametrize(
    ("late_secs", "pause"),
    [(0, 30), (31, 31), (600, 600), (3600, 3600), (86_400, 3600)],
)
def test_f48_a_thin_pair_is_asked_ever_more_rarely(late_secs: int, pause: int) -> None:
    assert pause_secs(H1, late_secs * 1000) == pause


def test_f45_an_hour_without_trades_costs_eight_questions() -> None:
    late_secs, questions = 0.0, 0
    while late_secs < 3600:
        questions += 1
        late_secs += pause_secs(H1, int(late_secs * 1000))
    assert questions == 8
