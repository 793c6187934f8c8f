"""Which candles a request selects and how they are made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlsim.core.candles import MAX_CANDLES, Candle, LiveCandles, aggregate, span
from hlsim.core.intervals import (
    DAY_MS,
    HOUR_MS,
    INTERVALS_MS,
    MINUTE_MS,
    close_ms,
    open_ms,
)

NOW = 1_760_000_000_000
trades = st.lists(
    st.tuples(st.integers(0, HOUR_MS), st.integers(1, 99), st.integers(1, 9)),
    min_size=1,
)


def test_a_candle_ends_one_millisecond_before_the_next() -> None:
    assert close_ms("1h", 0) == HOUR_MS - 1


def test_months_are_those_of_the_calendar() -> None:
    february = 1_706_745_600_000  # 2024-02-01
    assert open_ms("1M", february + 28 * DAY_MS) == february
    assert close_ms("1M", february) == february + 29 * DAY_MS - 1


@given(st.sampled_from(sorted(INTERVALS_MS)), st.integers(0, 2 * NOW))
def test_every_moment_lies_in_its_interval(interval: str, at: int) -> None:
    opened = open_ms(interval, at)
    assert opened <= at <= close_ms(interval, opened)
    assert open_ms(interval, opened) == opened
    assert open_ms(interval, close_ms(interval, opened) + 1) > at


def test_the_recorded_request_selects_the_recorded_candles() -> None:
    # Times of the cassette in the protocol document, §2.1.
    first, last = span("1h", 1684702007000, 1684784807000, NOW - 70_000_000_000)
    assert first == 1684699200000
    assert open_ms("1h", last) == 1684782000000


def test_only_the_newest_five_thousand_exist() -> None:
    first, _ = span("1m", 0, NOW, NOW)
    newest = open_ms("1m", NOW)
    assert (newest - first) // MINUTE_MS + 1 == MAX_CANDLES


def live_of(done: list[tuple[int, int, int]]) -> list[Candle]:
    live = LiveCandles(10_000)
    for time_ms, px, sz in sorted(done, key=lambda trade: trade[0]):
        live.add(time_ms, px, sz)
    return list(live.between(0, HOUR_MS))


@given(trades)
def test_candles_add_up_to_the_trades(done: list[tuple[int, int, int]]) -> None:
    ordered = sorted(done, key=lambda trade: trade[0])
    rows = live_of(done)
    assert sum(row.v for row in rows) == sum(sz for _, _, sz in done)
    assert sum(row.n for row in rows) == len(done)
    assert rows[0].o == ordered[0][1]
    assert rows[-1].c == ordered[-1][1]
    assert [row.t for row in rows] == sorted({t - t % MINUTE_MS for t, _, _ in done})
    assert all(row.l <= min(row.o, row.c) <= max(row.o, row.c) <= row.h for row in rows)


@given(trades)
def test_merging_upwards_in_two_steps_is_merging_at_once(
    done: list[tuple[int, int, int]],
) -> None:
    rows = live_of(done)
    assert aggregate(aggregate(rows, "5m"), "15m") == aggregate(rows, "15m")


def test_old_candles_are_forgotten_but_never_too_many() -> None:
    live = LiveCandles(100)
    for minute in range(5000):
        live.add(minute * MINUTE_MS, 1, 1)
    assert 100 <= len(live) <= 1100
    newest = live.between(4900 * MINUTE_MS, 5000 * MINUTE_MS)
    assert len(newest) == 100


@pytest.mark.parametrize("interval", ["1m", "1h"])
def test_minutes_without_a_trade_leave_gaps(interval: str) -> None:
    rows = aggregate(
        [Candle(0, 1, 1, 1, 1, 1, 1), Candle(2 * HOUR_MS, 1, 1, 1, 1, 1, 1)], interval
    )
    assert [row.t for row in rows] == [0, 2 * HOUR_MS]


@given(trades, st.integers(0, HOUR_MS), st.integers(0, 2 * HOUR_MS))
def test_filling_adds_flat_minutes_and_leaves_the_rest(
    done: list[tuple[int, int, int]], first_ms: int, length_ms: int
) -> None:
    last_ms = first_ms + length_ms
    live = LiveCandles(10_000)
    for time_ms, px, sz in sorted(done, key=lambda trade: trade[0]):
        live.add(time_ms, px, sz)
    before = list(live.between(0, 4 * HOUR_MS))
    added = live.fill(first_ms, last_ms)
    after = list(live.between(0, 4 * HOUR_MS))
    flat = [row for row in after if row.n == 0]
    assert len(flat) == added
    assert [row for row in after if row.n] == before
    times = [row.t for row in after]
    assert times == sorted(set(times))
    # Every whole minute of the span after the first trade has its candle now.
    wanted = range(first_ms + -first_ms % MINUTE_MS, last_ms + 1, MINUTE_MS)
    assert {t for t in wanted if t > before[0].t} <= set(times)
    for row in flat:
        earlier = [one for one in before if one.t < row.t]
        assert first_ms <= row.t <= last_ms
        assert (row.o, row.h, row.l, row.c, row.v) == (earlier[-1].c,) * 4 + (0,)
