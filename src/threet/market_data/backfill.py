"""What a backfill asks for: which bars of a pair, in which parts, at which weight."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from threet.market_data.gap_pauses import oldest_kept_ms
from threet.model.candles import Timeframe
from threet.ports.backfill_store import Held

_WEIGHT = 20
_BARS_PER_WEIGHT = 60
_MINUTE_SECS = 60
# A pair whose newest bar is older is brought up to date as well; whoever keeps it up
# to date is not doubled.
_UP_TO_DATE_BARS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Bars of a pair that open in [start_ms, end_ms], the end included.

    ``expected_ms`` is a bar that has to be there, or its absence is a gap. Once stored
    the pair is filled since ``since_ms``, None if that does not change.
    """

    symbol: str
    timeframe: Timeframe
    start_ms: int
    end_ms: int
    expected_ms: int | None = None
    since_ms: int | None = None

    @property
    def bars(self) -> int:
        return (self.end_ms - self.start_ms) // self.timeframe.millis + 1

    @property
    def weight(self) -> int:
        return _WEIGHT + math.ceil(self.bars / _BARS_PER_WEIGHT)


def spans(symbol: str, timeframe: Timeframe, held: Held, now_ms: int) -> Sequence[Span]:
    """What is missing of the exchange's 5000 newest bars; empty when nothing is.

    The end of what is missing before the held bars is a bar that is held: it proves
    the others over.
    """
    first_ms = oldest_kept_ms(timeframe, now_ms)
    if held.newest_ms is None:
        if held.since_ms is not None and held.since_ms <= first_ms:
            return ()
        end_ms = now_ms if held.since_ms is None else held.since_ms
        return (_span(symbol, timeframe, first_ms, end_ms, since_ms=first_ms),)
    found = []
    next_ms = held.newest_ms + timeframe.millis
    if now_ms - held.newest_ms > _UP_TO_DATE_BARS * timeframe.millis:
        start_ms = max(next_ms, first_ms)
        found.append(_span(symbol, timeframe, start_ms, now_ms, expected_ms=next_ms))
    back_to_ms = held.oldest_ms if held.since_ms is None else held.since_ms
    if back_to_ms is not None and back_to_ms > first_ms:
        found.append(_span(symbol, timeframe, first_ms, back_to_ms, since_ms=first_ms))
    return found


def _span(
    symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int, **more: int
) -> Span:
    return Span(
        symbol=symbol, timeframe=timeframe, start_ms=start_ms, end_ms=end_ms, **more
    )


def part_for(span: Span, weight: int) -> Span | None:
    """The newest bars of the span that ``weight`` pays, None if it pays none.

    Only what reaches back may be cut: a part of it leaves a shorter way to go back.
    """
    bars = (weight - _WEIGHT) * _BARS_PER_WEIGHT
    if span.since_ms is None or bars < 1:
        return None
    if bars >= span.bars:
        return span
    last_ms = span.timeframe.open_of(span.end_ms)
    start_ms = last_ms - (bars - 1) * span.timeframe.millis
    return replace(span, start_ms=start_ms, since_ms=start_ms)


def least_weight(wanted: Iterable[Span]) -> int:
    """What the spans take of the budget with one request each."""
    return sum(span.weight for span in wanted)


def least_secs(weight: int, per_minute: int) -> float:
    """The time in which a budget of ``per_minute`` yields the weight."""
    return weight * _MINUTE_SECS / per_minute
