"""Which candles were missing in the exchange's answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from threet.model.candles import Timeframe


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleGap:
    """The first missing bar opens at ``start_ms``, the first present at ``end_ms``."""

    symbol: str
    timeframe: Timeframe
    start_ms: int
    end_ms: int
    found_ms: int
    asked_ms: int


class GapStore(Protocol):
    """Raises ``DependencyError`` and ``UnknownSymbolError``."""

    def note(self, gaps: Sequence[CandleGap]) -> None:
        """Remember gaps; one with the same start is replaced, its finding kept."""

    def forget(self, gaps: Sequence[CandleGap]) -> None: ...

    def known(self, limit: int) -> Sequence[CandleGap]:
        """Those asked for longest ago first."""
