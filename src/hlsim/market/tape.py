"""What has traded, coin by coin: recent trades, candles and the day's figures."""

from collections import deque
from collections.abc import Sequence

from hlsim.core.candles import Candle, LiveCandles
from hlsim.core.market import Trade
from hlsim.market.day import DayFigures
from hlsim.market.history import History

RECENT_TRADES = 30


class Tape:
    """The tape of all coins of a market, after what `History` made up."""

    def __init__(self, history: History, coins: int, keep_minutes: int) -> None:
        """Begin empty; at least ``keep_minutes`` candles a coin are kept."""
        self._history = history
        self._keep_minutes = keep_minutes
        self._live: list[LiveCandles] = []
        self._days: list[DayFigures] = []
        self._recent: list[deque[Trade]] = []
        for _ in range(coins):
            self.enlist()

    def enlist(self) -> None:
        """Add a coin."""
        asset = len(self._live)
        self._live.append(LiveCandles(self._keep_minutes))
        self._days.append(DayFigures(asset, self._history, self._live[asset]))
        self._recent.append(deque(maxlen=RECENT_TRADES))

    def add(self, asset: int, trades: Sequence[Trade]) -> None:
        """Print trades, in the order of time."""
        for one in trades:
            self.count(asset, one.time_ms, one.px, one.sz)
        self.remember(asset, trades)

    def count(self, asset: int, time_ms: int, px: int, sz: int) -> None:
        """Count a trade in candle and day."""
        self._live[asset].add(time_ms, px, sz)
        self._days[asset].add(px, sz)

    def remember(self, asset: int, trades: Sequence[Trade]) -> None:
        """Put trades among the recent ones."""
        self._recent[asset].extend(trades)

    def recent(self, asset: int) -> Sequence[Trade]:
        """Return up to 30 last trades, oldest first."""
        return tuple(self._recent[asset])

    def last_px(self, asset: int) -> int | None:
        """Return the price of the last trade, None before the first."""
        recent = self._recent[asset]
        return recent[-1].px if recent else None

    def minutes(self, asset: int, first_ms: int, last_ms: int) -> list[Candle]:
        """Return history and live candles of the span as one series."""
        past = self._history.minutes(asset, first_ms, last_ms)
        return [*past, *self._live[asset].between(first_ms, last_ms)]

    def day(self, asset: int) -> DayFigures:
        """Return the coin's figures of the last 24 hours."""
        return self._days[asset]

    def fill(self, asset: int, first_ms: int, last_ms: int) -> int:
        """Add flat candles to the span's minutes without a trade; return how many."""
        return self._live[asset].fill(first_ms, last_ms)
