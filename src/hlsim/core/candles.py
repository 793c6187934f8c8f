"""Candles in exact units: built from trades, merged upwards, selected by time."""

from array import array
from collections.abc import Iterable, Sequence

import msgspec

from hlsim.core.intervals import INTERVALS_MS, MINUTE_MS, close_ms, open_ms

MAX_CANDLES = 5000
_FIELDS = 7


class Candle(msgspec.Struct, frozen=True, gc=False):
    """One candle: open time in ms, prices and volume in units, count of trades."""

    t: int
    o: int
    h: int
    l: int  # noqa: E741 - the wire's name of the low
    c: int
    v: int
    n: int


def merged(first: Candle, second: Candle) -> Candle:
    """Join a candle and a later one into one that begins with the first."""
    return Candle(
        t=first.t,
        o=first.o,
        h=max(first.h, second.h),
        l=min(first.l, second.l),
        c=second.c,
        v=first.v + second.v,
        n=first.n + second.n,
    )


def aggregate(minutes: Iterable[Candle], interval: str) -> list[Candle]:
    """Merge ascending one-minute candles into ``interval``; gaps stay gaps."""
    rows: list[Candle] = []
    for minute in minutes:
        t = open_ms(interval, minute.t)
        if rows and rows[-1].t == t:
            rows[-1] = merged(rows[-1], minute)
        else:
            rows.append(msgspec.structs.replace(minute, t=t))
    return rows


def span(interval: str, start_ms: int, end_ms: int, now_ms: int) -> tuple[int, int]:
    """Return the first open and the last moment that a request selects.

    A candle counts if its last millisecond is not before the start and its open not
    after the end; only the newest 5000 exist (protocol document, §2.1).
    """
    forming = open_ms(interval, now_ms)
    if start_ms > close_ms(interval, forming):
        return now_ms + 1, now_ms
    step = INTERVALS_MS[interval]
    oldest = max(now_ms - (MAX_CANDLES - 1) * step, 0)
    first = open_ms(interval, max(start_ms, oldest))
    last = open_ms(interval, min(max(end_ms, 0), now_ms))
    return first, min(close_ms(interval, last), now_ms)


class LiveCandles:
    """One coin's one-minute candles, grown trade by trade; the last one is forming."""

    __slots__ = ("_limit", "_rows")

    def __init__(self, limit: int) -> None:
        """Keep at least the newest ``limit`` candles."""
        self._limit = limit
        self._rows = array("q")

    def __len__(self) -> int:
        return len(self._rows) // _FIELDS

    def add(self, time_ms: int, px: int, sz: int) -> None:
        """Count one trade; trades must come in the order of time."""
        t = time_ms - time_ms % MINUTE_MS
        rows = self._rows
        if not rows or rows[-_FIELDS] != t:
            rows.extend((t, px, px, px, px, sz, 1))
            self._trim()
            return
        rows[-5] = max(rows[-5], px)
        rows[-4] = min(rows[-4], px)
        rows[-3] = px
        rows[-2] += sz
        rows[-1] += 1

    def _trim(self) -> None:
        # In batches: dropping from the front moves all the rest.
        if len(self) > self._limit + 1000:
            del self._rows[: 1000 * _FIELDS]

    def between(self, first_ms: int, last_ms: int) -> Sequence[Candle]:
        """Return the candles that opened from ``first_ms`` to ``last_ms``."""
        found: list[Candle] = []
        for at in range(len(self._rows) - _FIELDS, -1, -_FIELDS):
            t = self._rows[at]
            if t < first_ms:
                break
            if t <= last_ms:
                found.append(Candle(*self._rows[at : at + _FIELDS]))
        found.reverse()
        return found

    def fill(self, first_ms: int, last_ms: int) -> int:
        """Give the span's minutes that have no candle a flat one without volume.

        The price is the close before it; minutes before the first candle stay empty.
        Returns how many were added.
        """
        filled = array("q")
        added = 0
        rows = self._rows
        wanted = first_ms + -first_ms % MINUTE_MS
        for at in range(0, len(rows), _FIELDS):
            added += _flat(filled, wanted, min(rows[at] - 1, last_ms))
            filled.extend(rows[at : at + _FIELDS])
            wanted = max(wanted, rows[at] + MINUTE_MS)
        added += _flat(filled, wanted, last_ms)
        self._rows = filled
        return added


def _flat(rows: "array[int]", first_ms: int, last_ms: int) -> int:
    """Append a flat candle a minute of the span, at the last close of ``rows``."""
    if not rows:
        return 0
    px = rows[-3]
    times = range(first_ms, last_ms + 1, MINUTE_MS)
    for t in times:
        rows.extend((t, px, px, px, px, 0, 0))
    return len(times)
