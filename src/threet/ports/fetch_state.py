"""What all workers together remember and share while they fetch."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from threet.model.candles import Timeframe
from threet.ports.rate_budget import RateBudget

__all__ = ["FetchMemory", "FetchSlots", "RateBudget"]


class FetchMemory(Protocol):
    """Which bars were fetched, so that nothing is fetched twice (R15)."""

    def newest_closed_ms(self, symbol: str, timeframe: Timeframe) -> int | None:
        """Open time of the newest bar that was stored and confirmed by a later one."""

    def newest_closed_of(
        self, keys: Sequence[tuple[str, Timeframe]]
    ) -> Sequence[int | None]: ...

    def remember(self, symbol: str, timeframe: Timeframe, open_ms: int) -> None:
        """Never moves backwards."""

    def claim(self, symbol: str, timeframe: Timeframe, for_secs: float) -> bool:
        """Whether a fetch may be queued; False while one is queued, runs or pauses.

        A claim whose holder died lapses after ``for_secs``.
        """

    def begin(self, symbol: str, timeframe: Timeframe, for_secs: float) -> bool:
        """Whether the caller may fetch now, queued or not; False while another does.

        Whoever got True must ``release``.
        """

    def release(
        self, symbol: str, timeframe: Timeframe, pause_secs: float = 0.0
    ) -> None:
        """End the claim; none is given again before the pause is over."""


class FetchSlots(Protocol):
    """At most N requests at once over all workers.

    The slot of a holder that died frees itself.
    """

    def slot(self) -> AbstractContextManager[bool]:
        """Yields whether a slot was free."""
