"""What an answer with candles says: which bars are closed, and which are missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from threet.model.candles import Candle, Timeframe

# The newest bar of an answer is believed closed this long after its end.
ALONE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Hole:
    """Missing bars: the first opens at ``start_ms``, the next present at ``end_ms``."""

    start_ms: int
    end_ms: int


def settled(candles: Sequence[Candle], now_ms: int) -> Sequence[Candle]:
    """The same bars, closed only where that is beyond doubt.

    A bar with a later bar after it is over, whatever our clock says. The newest one is
    believed closed once its end is a minute ago: a clock that runs ahead by less closes
    no forming bar. One that is further ahead may, but not for good: what no later bar
    confirms is asked for again (``confirmed_ms``), and replaced.
    """
    newest_ms = max((bar.open_ms for bar in candles), default=0)
    return [_settled(bar, now_ms, newest_ms) for bar in candles]


def _settled(bar: Candle, now_ms: int, newest_ms: int) -> Candle:
    is_long_over = bar.is_closed and bar.end_ms + ALONE_MS <= now_ms
    is_closed = bar.open_ms < newest_ms or is_long_over
    if bar.is_closed == is_closed:
        return bar
    return msgspec.structs.replace(bar, is_closed=is_closed)


def confirmed_ms(candles: Sequence[Candle]) -> int | None:
    """Open time of the newest bar that a later bar of the answer proves closed."""
    opens = sorted({bar.open_ms for bar in candles})
    return opens[-2] if len(opens) > 1 else None


def holes(
    candles: Sequence[Candle], timeframe: Timeframe, first_ms: int | None = None
) -> Sequence[Hole]:
    """Runs of bars missing before the newest; no bar is invented for them.

    With ``first_ms`` the bar that opens then is expected, too.
    """
    return holes_between([bar.open_ms for bar in candles], timeframe, first_ms)


def holes_between(
    opens: Iterable[int], timeframe: Timeframe, first_ms: int | None = None
) -> Sequence[Hole]:
    """The same of bars' open times."""
    found = []
    expected_ms = first_ms
    for open_ms in sorted(set(opens)):
        if expected_ms is not None and open_ms > expected_ms:
            found.append(Hole(expected_ms, open_ms))
        expected_ms = max(open_ms + timeframe.millis, expected_ms or 0)
    return found
