"""When a gap is asked for again, what is left of it, and when it is given up."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from threet.market_data.schedule import MOST_BARS
from threet.model.candles import Timeframe
from threet.ports.gap_store import CandleGap

FIRST_PAUSE_MS = 30_000
_LONGEST_PAUSE_MS = 6 * 3_600_000


def pause_ms(gap: CandleGap, now_ms: int) -> int:
    """As long as the gap is known already: each pause is twice the one before.

    A minute without trades may be published flat later (F45); late is mostly soon.
    """
    return min(max(now_ms - gap.found_ms, FIRST_PAUSE_MS), _LONGEST_PAUSE_MS)


def first_due_ms(end_ms: int, now_ms: int) -> int:
    """When to ask again for a gap that an answer of ``now_ms`` showed.

    Long over and still missing: hardly late, more likely without a trade.
    """
    return now_ms + min(max(now_ms - end_ms, FIRST_PAUSE_MS), _LONGEST_PAUSE_MS)


def oldest_kept_ms(timeframe: Timeframe, now_ms: int) -> int:
    """Open time of the oldest bar that the exchange has for certain (§2.1)."""
    return timeframe.open_of(now_ms) - (MOST_BARS - 1) * timeframe.millis


def left_of(
    gap: CandleGap, present: Collection[int], now_ms: int
) -> Sequence[CandleGap]:
    """What of a gap an answer of ``now_ms`` leaves; ``present`` are its open times.

    What has left the exchange's newest 5000 bars, and was not in this answer, is given
    up. Nothing else ever is: the row stays until its bar is there.
    """
    horizon_ms = oldest_kept_ms(gap.timeframe, now_ms)
    due_ms = now_ms + pause_ms(gap, now_ms)
    return [
        replace(
            gap,
            start_ms=start_ms,
            end_ms=end_ms,
            asked_ms=now_ms,
            due_ms=due_ms,
            given_up=end_ms <= horizon_ms,
        )
        for start_ms, end_ms in _pieces(gap, present, horizon_ms)
    ]


def _pieces(
    gap: CandleGap, present: Collection[int], horizon_ms: int
) -> Iterator[tuple[int, int]]:
    """Runs of missing bars, cut at the horizon."""
    step = gap.timeframe.millis
    inside = sorted(at for at in present if gap.start_ms <= at < gap.end_ms)
    start_ms = gap.start_ms
    for end_ms in (*inside, gap.end_ms):
        middle_ms = min(max(horizon_ms, start_ms), end_ms)
        if start_ms < middle_ms:
            yield start_ms, middle_ms
        if middle_ms < end_ms:
            yield middle_ms, end_ms
        start_ms = end_ms + step
