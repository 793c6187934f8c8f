"""The newest of everything in dicts, told to whoever follows."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

from threet.model.candles import Candle, Timeframe
from threet.model.errors import DependencyError
from threet.model.events import (
    BalanceUpdated,
    BookUpdated,
    CandleFormed,
    CandlesClosed,
    Envelope,
    Event,
    PositionsUpdated,
    PricesUpdated,
    TradesPrinted,
)
from threet.model.prices import NewestPrice, PriceKind
from threet.ports.clock import Clock
from threet.ports.live_view import ProcessState, StreamState

_STREAM_OF: Mapping[type[Event], str] = {
    PricesUpdated: "prices:updated",
    TradesPrinted: "trades:printed",
    BookUpdated: "books:updated",
    CandleFormed: "candles:formed",
    CandlesClosed: "candles:closed",
    BalanceUpdated: "balance:updated",
    PositionsUpdated: "positions:updated",
}
_NS_PER_MS = 1_000_000


class _Follower:
    """A reader's place; entries beyond the bound are lost to it, and counted."""

    def __init__(self, streams: Sequence[str], bound: int) -> None:
        self.streams = frozenset(streams)
        self.waiting: deque[Envelope] = deque(maxlen=bound)
        self.lost = 0
        self.wake = asyncio.Event()

    def put(self, envelope: Envelope) -> None:
        self.lost += len(self.waiting) == self.waiting.maxlen
        self.waiting.append(envelope)
        self.wake.set()

    def take(self) -> Sequence[Envelope]:
        self.wake.clear()
        batch = tuple(self.waiting)
        self.waiting.clear()
        return batch


class MemoryLiveView:
    """Also the ``EventPublisher`` of what it shows; belongs to one event loop."""

    def __init__(self, bound: int = 10_000) -> None:
        self._bound = bound
        self._prices: dict[tuple[str, PriceKind], NewestPrice] = {}
        self._forming: dict[tuple[str, Timeframe], Candle] = {}
        self._lengths: dict[str, int] = {}
        self._newest_ms: dict[str, int] = {}
        self._processes: dict[str, ProcessState] = {}
        self._followers: set[_Follower] = set()
        self._is_down = False

    def set_down(self, is_down: bool) -> None:
        """Down, every call fails as a Redis that does not answer; followers too."""
        self._is_down = is_down
        for follower in self._followers:
            follower.wake.set()

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        self._require_up()
        for envelope in envelopes:
            self._remember(envelope.event)
            stream = _STREAM_OF[type(envelope.event)]
            self._lengths[stream] = self._lengths.get(stream, 0) + 1
            self._newest_ms[stream] = envelope.event.received_ns // _NS_PER_MS
            for follower in tuple(self._followers):
                if stream in follower.streams:
                    follower.put(envelope)

    def show_process(self, state: ProcessState) -> None:
        self._processes[state.name] = state

    async def newest_prices(self) -> Sequence[NewestPrice]:
        self._require_up()
        return tuple(self._prices.values())

    async def prices_of(self, symbols: Collection[str]) -> Sequence[NewestPrice]:
        return [one for one in await self.newest_prices() if one.symbol in symbols]

    async def forming(self, symbol: str, timeframe: Timeframe) -> Candle | None:
        self._require_up()
        return self._forming.get((symbol, timeframe))

    @asynccontextmanager
    async def follow(
        self, streams: Sequence[str]
    ) -> AsyncIterator[AsyncIterator[Sequence[Envelope]]]:
        follower = _Follower(streams, self._bound)
        self._followers.add(follower)
        try:
            yield self._batches(follower)
        finally:
            self._followers.discard(follower)

    async def streams(self) -> Sequence[StreamState]:
        self._require_up()
        return tuple(
            StreamState(
                stream=stream,
                length=length,
                newest_entry_ms=self._newest_ms[stream],
                groups=(),
            )
            for stream, length in self._lengths.items()
        )

    async def processes(self) -> Sequence[ProcessState]:
        self._require_up()
        return tuple(self._processes.values())

    async def _batches(self, follower: _Follower) -> AsyncIterator[Sequence[Envelope]]:
        while True:
            await follower.wake.wait()
            self._require_up()
            if batch := follower.take():
                yield batch

    def _remember(self, event: Event) -> None:
        if isinstance(event, PricesUpdated):
            for change in event.changes:
                self._prices[change.symbol, change.kind] = NewestPrice(
                    symbol=change.symbol,
                    kind=change.kind,
                    price=change.price,
                    received_ns=event.received_ns,
                    event_ms=event.event_ms,
                )
        elif isinstance(event, CandleFormed):
            key = (event.candle.symbol, event.candle.timeframe)
            self._forming[key] = event.candle

    def _require_up(self) -> None:
        if self._is_down:
            raise DependencyError("redis", "does not answer")


class MemoryProcessBoard:
    """A process's own place on a ``MemoryLiveView``."""

    def __init__(self, live: MemoryLiveView, clock: Clock, name: str, pid: int) -> None:
        self._live = live
        self._clock = clock
        self._name = name
        self._pid = pid
        self._started_ms = clock.now_ms()

    async def beat(self, figures: Mapping[str, int | float | str]) -> None:
        self._live.show_process(
            ProcessState(
                name=self._name,
                pid=self._pid,
                started_ms=self._started_ms,
                beat_ms=self._clock.now_ms(),
                figures=dict(figures),
            )
        )
