"""The newest of everything, for whoever shows it."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from threet.model.candles import Candle, Timeframe
from threet.model.events import Envelope
from threet.model.prices import NewestPrice


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupState:
    """``lag`` is entries not yet delivered, None when the server cannot tell."""

    group: str
    consumers: int
    pending: int
    lag: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    stream: str
    length: int
    newest_entry_ms: int | None
    groups: Sequence[GroupState]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """What a process last said of itself; it is dead when ``beat_ms`` is old."""

    name: str
    pid: int
    started_ms: int
    beat_ms: int
    figures: Mapping[str, int | float | str]


class LiveView(Protocol):
    """Raises ``DependencyError`` when Redis does not answer."""

    async def newest_prices(self) -> Sequence[NewestPrice]: ...

    async def prices_of(self, symbols: Collection[str]) -> Sequence[NewestPrice]:
        """The same of these only, at the cost of these only."""

    async def forming(self, symbol: str, timeframe: Timeframe) -> Candle | None: ...

    def follow(
        self, streams: Sequence[str]
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Envelope]]]:
        """Entries as they arrive from the entering on; no group, nothing is
        acknowledged.

        ``streams`` are event names such as "prices:updated".
        """

    async def streams(self) -> Sequence[StreamState]: ...

    async def processes(self) -> Sequence[ProcessState]: ...


class ProcessBoard(Protocol):
    """Where a process says that it lives, and what it has done."""

    async def beat(self, figures: Mapping[str, int | float | str]) -> None: ...

    async def farewell(self) -> None:
        """Ended as it was told to: nobody shall miss it."""
