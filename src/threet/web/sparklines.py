"""The last two hours of every symbol, a point a minute, for small pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from threet.model.candles import Candle, Timeframe
from threet.model.prices import NewestPrice
from threet.ports.candle_store import CandleStore
from threet.ports.clock import Clock

POINTS = 120
_HOURS_BACK = 24
_NS_PER_MS = 1_000_000


@dataclass(slots=True)
class Sparkline:
    """``reference`` is the price to compare with, a day ago where a day is known."""

    closes: dict[int, str] = field(default_factory=dict)  # by minute
    reference: str | None = None
    reference_ms: int | None = None
    bars: set[int] = field(default_factory=set)  # minutes whose close is a bar's
    is_read: bool = False  # as much of it as there can be came from the store

    def put(self, minute_ms: int, close: str) -> None:
        self.closes[minute_ms] = close
        while len(self.closes) > POINTS:
            oldest = min(self.closes)
            del self.closes[oldest]
            self.bars.discard(oldest)

    def put_bar(self, candle: Candle) -> None:
        self.bars.add(candle.open_ms)
        self.put(candle.open_ms, f"{candle.close:f}")

    def points(self) -> Sequence[tuple[int, str]]:
        """Every second minute of a full line, counted from the newest; else each."""
        points = sorted(self.closes.items())
        return points if len(points) <= POINTS // 2 else points[::-1][::2][::-1]

    def compared_with(self) -> tuple[int, str] | None:
        if self.reference is not None and self.reference_ms is not None:
            return self.reference_ms, self.reference
        return min(self.closes.items(), default=None)


class Sparklines:
    """Seeded from the store, then kept by the feed: bars first, mid prices else.

    ``version`` moves when the store gave more than was known.
    """

    def __init__(self, store: CandleStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lines: dict[str, Sparkline] = {}
        self.version = 0

    def of(self, symbol: str) -> Sparkline | None:
        return self._lines.get(symbol)

    def is_read(self, symbol: str) -> bool:
        """Whether the store had the whole line; history may still be on its way."""
        line = self._lines.get(symbol)
        return line is not None and line.is_read

    def seed(
        self, symbol: str, read: tuple[Sequence[Candle], Sequence[Candle]]
    ) -> None:
        minutes, hours = read
        line = self._lines.setdefault(symbol, Sparkline())
        before = (line.closes.keys() | set(), line.reference_ms)
        for candle in minutes:
            if candle.is_closed or candle.open_ms not in line.bars:
                line.put_bar(candle)
        day_ago_ms = self._clock.now_ms() - _HOURS_BACK * Timeframe.H1.millis
        for hour in hours:
            if hour.open_ms <= day_ago_ms < hour.end_ms:
                line.reference, line.reference_ms = f"{hour.close:f}", hour.end_ms
        line.is_read = len(minutes) >= POINTS and line.reference is not None
        self.version += (line.closes.keys() | set(), line.reference_ms) != before

    def read(self, symbol: str) -> tuple[Sequence[Candle], Sequence[Candle]]:
        """What ``seed`` takes; blocks."""
        minutes = self._store.newest(symbol, Timeframe.M1, POINTS)
        hours = self._store.newest(symbol, Timeframe.H1, _HOURS_BACK + 2)
        return minutes, hours

    def take_candle(self, candle: Candle) -> None:
        if candle.timeframe is Timeframe.M1:
            self._lines.setdefault(candle.symbol, Sparkline()).put_bar(candle)

    def take_mid(self, price: NewestPrice) -> None:
        """A mid price stands for its minute where no bar does."""
        minute_ms = Timeframe.M1.open_of(price.received_ns // _NS_PER_MS)
        line = self._lines.setdefault(price.symbol, Sparkline())
        if minute_ms not in line.bars:
            line.put(minute_ms, f"{price.price:f}")
