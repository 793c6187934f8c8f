"""What is held of each pair, and how far back it was asked for whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from threet.model.candles import Candle, Timeframe


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Open times of the oldest and newest durable bar, None without one; from
    ``since_ms`` on all was asked for that the exchange had, None if never."""

    oldest_ms: int | None
    newest_ms: int | None
    since_ms: int | None


class BackfillStore(Protocol):
    """Raises ``DependencyError`` and ``UnknownSymbolError``."""

    def held(self, symbol: str, timeframe: Timeframe) -> Held: ...

    def filled_since(self, symbol: str, timeframe: Timeframe, since_ms: int) -> None:
        """Never moves forward."""

    def opens(self, symbol: str, timeframe: Timeframe) -> Sequence[int]:
        """Open times of all durable bars, oldest first."""

    def page(
        self, symbol: str, timeframe: Timeframe, from_ms: int, limit: int
    ) -> Sequence[Candle]:
        """Durable bars that open at ``from_ms`` or later, oldest first."""
