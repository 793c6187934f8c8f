"""Rolling figures of the last 24 hours of one coin, recomputed once a minute."""

from hlsim.core.candles import LiveCandles
from hlsim.core.intervals import DAY_MS, MINUTE_MS
from hlsim.market.history import History


class DayFigures:
    """Yesterday's price and the day's volumes of one coin."""

    def __init__(self, asset: int, history: History, live: LiveCandles) -> None:
        """Read the past from ``history`` and what came after from ``live``."""
        self._asset = asset
        self._history = history
        self._live = live
        self._minute = -1
        self._base_offset = 0
        self._ntl_offset = 0
        self._traded_base = 0
        self._traded_ntl = 0
        self.prev_px = 0

    def add(self, px: int, sz: int) -> None:
        """Count one live trade."""
        self._traded_base += sz
        self._traded_ntl += px * sz

    def volumes(self, now_ms: int) -> tuple[int, int]:
        """Return base volume and notional of the 24 hours before ``now_ms``."""
        minute = now_ms - now_ms % MINUTE_MS
        if minute != self._minute:
            self._roll(minute)
        return (
            self._base_offset + self._traded_base,
            self._ntl_offset + self._traded_ntl,
        )

    def _roll(self, minute: int) -> None:
        self._minute = minute
        since = minute - DAY_MS
        base, ntl = self._history.volumes(self._asset, since, minute)
        self.prev_px = self._history.price_before(self._asset, since)
        for old in self._live.between(0, since - 1):
            base, ntl = base - old.v, ntl - old.v * (old.h + old.l) // 2
            self.prev_px = old.c
        self._base_offset, self._ntl_offset = base, ntl
