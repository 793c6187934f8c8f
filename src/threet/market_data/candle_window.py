"""The newest bars of a symbol and timeframe, encoded, with a forming bar that moves.

The feed gives the forming bar of one minute only. The forming bar of a longer
timeframe is the last reading of it joined with the minutes since its open. Highs, lows
and volumes only widen while a bar forms, so the join is by max and min: it knows no
order, and the same bar given twice changes nothing. Missing minutes are not invented.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from threet.model.candles import Candle, Timeframe

# How many unconfirmed bars keep their minutes: the forming one, and those before it
# whose authoritative row has not come yet.
_UNCONFIRMED = 3
_AWAITED = 10  # how far back a bar without its authoritative row is waited for

_Minutes = dict[int, Candle]


def encode_row(candle: Candle) -> bytes:
    """[open_ms,"open","high","low","close","volume",trades,closed], digits as kept."""
    texts = (candle.open, candle.high, candle.low, candle.close, candle.volume)
    numbers = ",".join(f'"{number:f}"' for number in texts)
    closed = "true" if candle.is_closed else "false"
    return f"[{candle.open_ms},{numbers},{candle.trades},{closed}]".encode()


def is_newer_reading(known: Candle | None, candle: Candle) -> bool:
    """A closed bar replaces whatever was known; a forming bar never a closed one.

    Volume only grows while a bar forms, so a forming bar with less of it is older.
    """
    if known is None or candle.is_closed:
        return candle != known
    if known.is_closed or candle == known:
        return False
    return (candle.volume, candle.trades) >= (known.volume, known.trades)


def join_minutes(reading: Candle | None, minutes: Sequence[Candle]) -> Candle | None:
    """The forming bar: ``reading`` widened by ``minutes`` (ordered, all inside it).

    Without a reading the minutes must reach back to the bar's open; the caller knows.
    """
    if not minutes:
        return reading
    first, last = minutes[0], minutes[-1]
    volume = sum((minute.volume for minute in minutes), Decimal(0))
    trades = sum(minute.trades for minute in minutes)
    joined = replace(
        reading or first,
        high=max(minute.high for minute in minutes),
        low=min(minute.low for minute in minutes),
        close=last.close,
        volume=volume,
        trades=trades,
        open=first.open,
        is_closed=False,
    )
    return joined if reading is None else _widen(reading, joined)


def _widen(reading: Candle, minutes: Candle) -> Candle:
    """More volume or trades in the reading than in the minutes: minutes are missing.

    The close is still the minutes': they come by push, the reading by a poll.
    """
    return replace(
        reading,
        high=max(reading.high, minutes.high),
        low=min(reading.low, minutes.low),
        close=minutes.close,
        volume=max(reading.volume, minutes.volume),
        trades=max(reading.trades, minutes.trades),
    )


class CandleWindow:
    """At most ``bound`` bars in order of time, each encoded once when it changes.

    ``version`` moves with every change; ``revision`` only when a bar before the last
    two changes, which a reader of the newest rows would not notice.
    """

    def __init__(self, symbol: str, timeframe: Timeframe, bound: int = 5000) -> None:
        self.symbol = symbol
        self.timeframe = timeframe
        self.version = 0
        self.revision = 0
        self._bound = bound
        self._opens: list[int] = []
        self._bars: list[Candle] = []
        self._rows: list[bytes] = []
        self._readings: dict[int, Candle] = {}  # of bars that are not confirmed
        self._minutes: dict[int, _Minutes] = {}  # by the open of their bar
        self._minutes_since_ms: int | None = None

    def __len__(self) -> int:
        return len(self._opens)

    @property
    def last(self) -> Candle | None:
        return self._bars[-1] if self._bars else None

    def bars(self) -> Sequence[Candle]:
        return tuple(self._bars)

    def rows(self, limit: int) -> bytes:
        """The newest rows, oldest first, joined by commas."""
        if limit <= 0:
            return b""
        return b",".join(self._rows[-limit:])

    def awaits_close(self, now_ms: int) -> bool:
        """Whether bars are over whose authoritative row has not come."""
        newest = self._bars[-_AWAITED:]
        return any(not bar.is_closed and bar.end_ms <= now_ms for bar in newest)

    def read(self, candles: Iterable[Candle]) -> None:
        """Take bars of the window's own timeframe, as the exchange or store gave them.

        Until the first bars of one minute are taken, they are shown as they are.
        """
        for candle in candles:
            self._read_one(candle)

    def take_minutes(self, minutes: Iterable[Candle]) -> None:
        """Take bars of one minute, in any order, any number of times."""
        if self.timeframe is Timeframe.M1:
            self.read(minutes)
            return
        touched: set[int] = set()
        for minute in minutes:
            self._note_reach(minute.open_ms)
            open_ms = self.timeframe.open_of(minute.open_ms)
            if open_ms >= self._horizon(open_ms) and not self._is_confirmed(open_ms):
                kept = self._minutes.setdefault(open_ms, {})
                if is_newer_reading(kept.get(minute.open_ms), minute):
                    kept[minute.open_ms] = minute
                    touched.add(open_ms)
        for open_ms in sorted(touched):
            self._derive(open_ms)
        self._forget_before(self._horizon(0))

    def _read_one(self, candle: Candle) -> None:
        open_ms = candle.open_ms
        if self.timeframe is Timeframe.M1 or candle.is_closed:
            if is_newer_reading(self._at(open_ms), candle):
                self._put(candle)
            if candle.is_closed:
                self._readings.pop(open_ms, None)
                self._minutes.pop(open_ms, None)
        elif not self._is_confirmed(open_ms) and is_newer_reading(
            self._readings.get(open_ms), candle
        ):
            self._readings[open_ms] = candle
            self._derive(open_ms)
            self._forget_before(self._horizon(open_ms))

    def _derive(self, open_ms: int) -> None:
        reading = self._readings.get(open_ms)
        reach = self._minutes_since_ms
        if reading is None and (reach is None or reach > open_ms):
            return  # minutes from the middle of a bar do not tell its open
        minutes = self._minutes.get(open_ms, {})
        bar = join_minutes(reading, [minutes[at] for at in sorted(minutes)])
        if bar is None:
            return
        bar = replace(bar, timeframe=self.timeframe, open_ms=open_ms)
        if bar != self._at(open_ms):
            self._put(bar)

    def _note_reach(self, minute_ms: int) -> None:
        known = self._minutes_since_ms
        if known is None or minute_ms < known:
            self._minutes_since_ms = minute_ms

    def _at(self, open_ms: int) -> Candle | None:
        place = bisect_left(self._opens, open_ms)
        found = place < len(self._opens) and self._opens[place] == open_ms
        return self._bars[place] if found else None

    def _is_confirmed(self, open_ms: int) -> bool:
        bar = self._at(open_ms)
        return bar is not None and bar.is_closed

    def _put(self, candle: Candle) -> None:
        place = bisect_left(self._opens, candle.open_ms)
        is_full = len(self._opens) >= self._bound
        if place == 0 and is_full and candle.open_ms not in self._opens[:1]:
            return  # older than all that is kept
        if place < len(self._opens) - 2:
            self.revision += 1
        self.version += 1
        replaced = int(self._opens[place : place + 1] == [candle.open_ms])
        self._opens[place : place + replaced] = [candle.open_ms]
        self._bars[place : place + replaced] = [candle]
        self._rows[place : place + replaced] = [encode_row(candle)]
        surplus = len(self._opens) - self._bound
        if surplus > 0:
            del self._opens[:surplus], self._bars[:surplus], self._rows[:surplus]

    def _horizon(self, open_ms: int) -> int:
        """Bars before this have lost their minutes, and take no more."""
        newest = max((open_ms, *self._opens[-1:], *self._minutes))
        return newest - (_UNCONFIRMED - 1) * self.timeframe.millis

    def _forget_before(self, horizon_ms: int) -> None:
        for kept in (self._minutes, self._readings):
            for open_ms in [at for at in kept if at < horizon_ms]:
                del kept[open_ms]


class CandleWindows:
    """A bounded number of windows; the one unused for longest makes room."""

    def __init__(self, capacity: int = 200, bound: int = 5000) -> None:
        self._capacity = capacity
        self._bound = bound
        self._by_symbol: dict[str, dict[Timeframe, CandleWindow]] = {}
        self._in_use: dict[tuple[str, Timeframe], None] = {}  # longest unused first

    def find(self, symbol: str, timeframe: Timeframe) -> CandleWindow | None:
        window = self._by_symbol.get(symbol, {}).get(timeframe)
        if window is not None:
            self._touch(symbol, timeframe)
        return window

    def open(self, symbol: str, timeframe: Timeframe) -> CandleWindow:
        """The window, made empty if there is none."""
        frames = self._by_symbol.setdefault(symbol, {})
        if timeframe not in frames:
            frames[timeframe] = CandleWindow(symbol, timeframe, self._bound)
        self._touch(symbol, timeframe)
        while len(self._in_use) > self._capacity:
            self.close(*next(iter(self._in_use)))
        return frames[timeframe]

    def close(self, symbol: str, timeframe: Timeframe) -> None:
        frames = self._by_symbol.get(symbol, {})
        frames.pop(timeframe, None)
        self._in_use.pop((symbol, timeframe), None)
        if not frames:
            self._by_symbol.pop(symbol, None)

    def clear(self) -> None:
        """After a gap in the feed nothing that was derived may be believed."""
        self._by_symbol.clear()
        self._in_use.clear()

    def apply(self, candle: Candle) -> None:
        """A bar from the feed, to every open window that it moves."""
        frames = self._by_symbol.get(candle.symbol, _NO_WINDOWS)
        if candle.timeframe is Timeframe.M1:
            for window in frames.values():
                window.take_minutes((candle,))
        elif candle.timeframe in frames:
            frames[candle.timeframe].read((candle,))

    def _touch(self, symbol: str, timeframe: Timeframe) -> None:
        self._in_use.pop((symbol, timeframe), None)
        self._in_use[symbol, timeframe] = None


_NO_WINDOWS: Mapping[Timeframe, CandleWindow] = {}
