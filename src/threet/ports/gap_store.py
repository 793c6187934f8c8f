"""Which candles were missing in the exchange's answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from threet.model.candles import Timeframe


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleGap:
    """The first missing bar opens at ``start_ms``, the first present at ``end_ms``.

    ``asked_ms`` is 0 while nobody asked for it; ``due_ms`` is when to ask again, 0 at
    once. One that is ``given_up`` is missing for good: the exchange has it no more.
    """

    symbol: str
    timeframe: Timeframe
    start_ms: int
    end_ms: int
    found_ms: int
    asked_ms: int
    due_ms: int = 0
    given_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GapCounts:
    """``open`` gaps are to be repaired; the others are missing for good."""

    open: int
    given_up: int


class GapNotes(Protocol):
    """Raises ``DependencyError`` and ``UnknownSymbolError``."""

    def note(self, gaps: Sequence[CandleGap]) -> None:
        """Remember gaps; one with the same start is replaced, its finding kept."""


class GapStore(GapNotes, Protocol):
    """What those who repair gaps need besides; raises the same."""

    def forget(self, gaps: Sequence[CandleGap]) -> None: ...

    def known(self, limit: int) -> Sequence[CandleGap]:
        """Those asked for longest ago first, the ones given up included."""

    def known_of(self, symbol: str, timeframe: Timeframe) -> Sequence[CandleGap]:
        """All of a pair."""

    def due(self, now_ms: int, limit: int) -> Sequence[CandleGap]:
        """Those to be asked for now, asked for longest ago first."""

    def postpone(self, gaps: Sequence[CandleGap], due_ms: int) -> Sequence[CandleGap]:
        """Let them be due at ``due_ms``; returns, as they are then, those that still
        were due as given. Of two callers at once one gets a gap."""

    def replace(self, gap: CandleGap, left: Sequence[CandleGap]) -> bool:
        """Put what is left of a gap in its place, in one transaction.

        False, and nothing is changed, if it is not there as given any more.
        """
