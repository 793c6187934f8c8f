"""Which candles are due, and the range to ask for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from threet.model.candles import Timeframe

# A bar is asked for this long after its end.
SETTLE_MS = 2_000
# More than that the exchange does not have of a pair (HYPERLIQUID.md 2.1).
MOST_BARS = 5_000
_WEIGHT = 20
_BARS_PER_WEIGHT = 60
_FIRST_PAUSE_SECS = 30.0

Pair = tuple[str, Timeframe]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Bars of a pair from the one that opens at ``start_ms`` until now.

    ``expected_ms`` is the bar after the newest closed one, None on a first fetch. It is
    before ``start_ms`` where the exchange no longer has what is missing.
    """

    symbol: str
    timeframe: Timeframe
    start_ms: int
    end_ms: int
    expected_ms: int | None

    @property
    def is_first(self) -> bool:
        return self.expected_ms is None

    @property
    def weight(self) -> int:
        """What the request takes of the exchange's budget at most."""
        bars = (self.end_ms - self.start_ms) // self.timeframe.millis + 1
        return _WEIGHT + math.ceil(bars / _BARS_PER_WEIGHT)


def need(
    pair: Pair, newest_closed_ms: int | None, *, now_ms: int, hot_candles: int
) -> Need | None:
    """What to ask for now; None while the next bar cannot be there yet.

    Asked is from the bar after the newest closed one, so no bar that is known to be
    closed is asked for twice; without one, from ``hot_candles`` bars ago.
    """
    symbol, timeframe = pair
    forming_ms = timeframe.open_of(now_ms)
    start_ms = forming_ms - (hot_candles - 1) * timeframe.millis
    expected_ms = None
    if newest_closed_ms is not None:
        start_ms = expected_ms = newest_closed_ms + timeframe.millis
        if overdue_ms(timeframe, newest_closed_ms, now_ms) < 0:
            return None
    return Need(
        symbol=symbol,
        timeframe=timeframe,
        start_ms=max(start_ms, forming_ms - (MOST_BARS - 1) * timeframe.millis),
        end_ms=now_ms,
        expected_ms=expected_ms,
    )


def overdue_ms(timeframe: Timeframe, newest_closed_ms: int, now_ms: int) -> int:
    """How long the bar after the newest closed one could have been there."""
    return now_ms - (newest_closed_ms + 2 * timeframe.millis + SETTLE_MS)


def due(
    pairs: Sequence[Pair],
    newest_closed: Sequence[int | None],
    *,
    now_ms: int,
    hot_candles: int,
) -> Sequence[Need]:
    """All that is due: what is kept up to date goes before what is fetched first.

    Of the former, what is late by most of its own timeframes goes first, so that under
    a scarce budget no pair waits for ever; equally late, the short timeframe first.
    """
    needs = [
        need(pair, newest, now_ms=now_ms, hot_candles=hot_candles)
        for pair, newest in zip(pairs, newest_closed, strict=True)
    ]
    wanted = [one for one in needs if one is not None]
    return sorted(wanted, key=_rank)


def _rank(one: Need) -> tuple[bool, float, int]:
    frame = one.timeframe
    if one.expected_ms is None:
        return (True, 0.0, frame.millis)
    late_ms = overdue_ms(frame, one.expected_ms - frame.millis, one.end_ms)
    return (False, -late_ms / frame.millis, frame.millis)


def pause_secs(timeframe: Timeframe, late_ms: int) -> float:
    """How long not to ask again for a bar that was not there.

    A minute without trades has no bar, for now or for good. As long as it is late
    already, so that the questions become ever rarer, until one for each timeframe.
    """
    return min(max(late_ms / 1000, _FIRST_PAUSE_SECS), timeframe.millis / 1000)
