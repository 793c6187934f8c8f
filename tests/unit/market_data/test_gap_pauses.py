"""When a gap is asked for again, and what an answer leaves of it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from threet.market_data.gap_pauses import left_of, oldest_kept_ms, pause_ms
from threet.model.candles import Timeframe
from threet.ports.gap_store import CandleGap

T0 = 1_700_006_400_000
MINUTE = 60_000
GAP = CandleGap(
    symbol="BTC",
    timeframe=Timeframe.M1,
    start_ms=T0,
    end_ms=T0 + 10 * MINUTE,
    found_ms=T0 + 11 * MINUTE,
    asked_ms=0,
)


def test_each_pause_is_twice_the_one_before_up_to_six_hours() -> None:
    now_ms, pauses = GAP.found_ms, []
    for _ in range(13):
        pauses.append(pause_ms(GAP, now_ms))
        now_ms += pauses[-1]
    assert pauses[:5] == [30_000, 30_000, 60_000, 120_000, 240_000]
    assert pauses[-1] == 6 * 3_600_000


def test_bars_that_came_cut_the_gap_and_keep_its_finding() -> None:
    now_ms = T0 + 20 * MINUTE
    left = left_of(GAP, {T0 + 3 * MINUTE, T0 + 9 * MINUTE, T0 + 10 * MINUTE}, now_ms)
    assert [(one.start_ms - T0, one.end_ms - T0) for one in left] == [
        (0, 3 * MINUTE),
        (4 * MINUTE, 9 * MINUTE),
    ]
    assert {one.found_ms for one in left} == {GAP.found_ms}
    assert {one.asked_ms for one in left} == {now_ms}


@given(
    present=st.sets(st.integers(-2, 14)),
    bars=st.integers(1, 12),
    age=st.integers(4_980, 5_020),
)
def test_what_is_left_is_exactly_what_is_missing(
    present: set[int], bars: int, age: int
) -> None:
    """Law: pieces hold each missing bar once, and are given up beyond the 5000."""
    gap = replace(GAP, end_ms=T0 + bars * MINUTE)
    now_ms = T0 + age * MINUTE
    opens = {T0 + minute * MINUTE for minute in present}
    left = left_of(gap, opens, now_ms)
    missing = [at for one in left for at in range(one.start_ms, one.end_ms, MINUTE)]
    expected = [T0 + n * MINUTE for n in range(bars) if n not in present]
    assert missing == expected
    horizon_ms = oldest_kept_ms(gap.timeframe, now_ms)
    for one in left:
        assert one.given_up == (one.start_ms < horizon_ms)
