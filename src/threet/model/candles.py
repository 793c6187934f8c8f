"""Candles and their timeframes; whether a bar is closed is part of the bar."""

from decimal import Decimal, InvalidOperation
from enum import Enum

import msgspec

from threet.model.errors import InvalidValueError
from threet.model.numbers import INFINITY, require_not_negative, require_positive
from threet.model.times import require_ms

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


class Timeframe(Enum):
    """The exchange's intervals of fixed length (HyperLiquid also has 1w and 1M)."""

    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H2 = "2h"
    H4 = "4h"
    H8 = "8h"
    H12 = "12h"
    D1 = "1d"
    D3 = "3d"

    @property
    def millis(self) -> int:
        return _MILLIS[self]

    def open_of(self, at_ms: int) -> int:
        """Open time of the bar that contains ``at_ms``."""
        return at_ms - at_ms % _MILLIS[self]


_MILLIS = {
    Timeframe.M1: _MINUTE,
    Timeframe.M3: 3 * _MINUTE,
    Timeframe.M5: 5 * _MINUTE,
    Timeframe.M15: 15 * _MINUTE,
    Timeframe.M30: 30 * _MINUTE,
    Timeframe.H1: _HOUR,
    Timeframe.H2: 2 * _HOUR,
    Timeframe.H4: 4 * _HOUR,
    Timeframe.H8: 8 * _HOUR,
    Timeframe.H12: 12 * _HOUR,
    Timeframe.D1: _DAY,
    Timeframe.D3: 3 * _DAY,
}


class Candle(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One bar of ``symbol``: [open_ms, open_ms + timeframe).

    ``volume`` is in base units. A bar that is not ``is_closed`` is still forming and
    may change in every field but its open.
    """

    symbol: str
    timeframe: Timeframe
    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    trades: int
    is_closed: bool

    def __post_init__(self) -> None:
        require_ms("open_ms", self.open_ms)
        if self.open_ms % _MILLIS[self.timeframe]:
            must = f"start a {self.timeframe.value} bar"
            raise InvalidValueError("open_ms", must, self.open_ms)
        require_positive("low", self.low)
        require_not_negative("volume", self.volume)
        if not self._holds_its_body():
            prices = f"{self.open} {self.high} {self.low} {self.close}"
            raise InvalidValueError("candle", "hold its open and close", prices)
        if self.trades < 0:
            raise InvalidValueError("trades", "be 0 or more", self.trades)

    def _holds_its_body(self) -> bool:
        low, high = self.low, self.high
        try:
            return low <= self.open <= high and low <= self.close <= high < INFINITY
        except InvalidOperation:  # NaN is not ordered
            return False

    @property
    def end_ms(self) -> int:
        """The first instant after the bar."""
        return self.open_ms + _MILLIS[self.timeframe]
