"""Candles that outlive the exchange's 5000: durable, and a bounded hot cache."""

from collections.abc import Sequence
from typing import Protocol

from threet.model.candles import Candle, Timeframe


class CandleStore(Protocol):
    """Raises ``DependencyError``; then nothing of the call was stored."""

    def save(self, candles: Sequence[Candle]) -> int:
        """Store closed bars durably, closed and forming bars in the hot cache.

        A row with the same (symbol, timeframe, open time) is replaced: a later
        authoritative row wins, but a forming bar never replaces a closed one.
        Returns how many rows changed. Raises ``UnknownSymbolError``.
        """

    def newest(self, symbol: str, timeframe: Timeframe, limit: int) -> Sequence[Candle]:
        """The newest ``limit`` bars, oldest first, the forming one included."""

    def newest_closed_ms(self, symbol: str, timeframe: Timeframe) -> int | None:
        """Open time of the newest durable closed bar, None if there is none."""

    def rewarm(self) -> int:
        """Fill the hot cache from the durable table; returns rows. Idempotent."""

    def trim(self) -> int:
        """Cut the hot cache to its bound for each symbol and timeframe."""
