"""From the feed to Redis: takes each frame's events at once, writes them in batches.

While Redis is down, newest prices are kept and the oldest entries beyond the bound are
dropped and counted: a market stream may lose news, never silently (I6).
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import structlog

from threet.adapters.redis_streams.newest import NewestState
from threet.adapters.redis_streams.publisher import RedisPublisher
from threet.model.errors import DependencyError
from threet.model.events import Envelope, Event
from threet.ports.clock import Clock
from threet.ports.telemetry import TickTelemetry, Untold
from threet.resilience.backoff import Backoff

_log = structlog.get_logger(__name__)
_MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkStatistics:
    offered: int
    published: int
    dropped: int
    waiting: int


class MarketSink:
    """``run_id`` makes the event ids of this process unlike those of any other run."""

    def __init__(
        self,
        *,
        publisher: RedisPublisher,
        clock: Clock,
        run_id: str,
        most_waiting: int = 50_000,
        telemetry: TickTelemetry | None = None,
    ) -> None:
        self._publisher = publisher
        self._clock = clock
        self._run_id = run_id
        self._most_waiting = most_waiting
        self._telemetry = telemetry or Untold()
        self._waiting: deque[Envelope] = deque()
        # A symbol that nobody quotes any more must not stay from an earlier run.
        self._newest = NewestState(starts_anew=True)
        self._woken = asyncio.Event()
        self._backoff = Backoff(first_secs=0.1, most_secs=2.0)
        self._writing: asyncio.Task[None] | None = None
        self._offered = 0
        self._published = 0
        self._dropped = 0
        # Of the batch that is being written: still waiting, and pushed out meanwhile.
        self._flying = 0
        self._doubtful: list[Envelope] = []

    def offer(self, events: Sequence[Event]) -> None:
        """Never blocks; what does not fit pushes out the oldest, and is counted."""
        traceparent = self._telemetry.received(events)
        for event in events:
            self._offered += 1
            event_id = f"{self._run_id}-{self._offered}"
            self._waiting.append(
                Envelope(event_id=event_id, event=event, traceparent=traceparent)
            )
            self._newest.apply(event)
        while len(self._waiting) > self._most_waiting:
            self._push_out()
        self._woken.set()

    async def run(self) -> None:
        """Write until canceled; what waits then is written before it ends."""
        try:
            while True:
                await self._woken.wait()
                self._woken.clear()
                while self._waiting:
                    await self._write_or_pause()
        finally:
            await self._last_words()

    def statistics(self) -> SinkStatistics:
        return SinkStatistics(
            offered=self._offered,
            published=self._published,
            dropped=self._dropped,
            waiting=len(self._waiting),
        )

    async def _write_or_pause(self) -> None:
        try:
            await self._write()
            self._backoff.succeeded()
        except DependencyError as error:
            _log.warning("publish_waits", reason=error.reason, lost=self._dropped)
            await self._clock.sleep(self._backoff.failed())

    async def _write(self) -> None:
        """Write one batch; when canceled, let it end: half-known would be doubled."""
        if self._writing is None or not self._is_writing:
            self._writing = asyncio.create_task(self._write_batch())
        await asyncio.shield(self._writing)

    async def _write_batch(self) -> None:
        """One batch and the newest state; both stay as they are if it fails."""
        batch = list(islice(self._waiting, _MOST_AT_ONCE))
        newest, self._newest = self._newest, NewestState()
        self._flying = len(batch)
        try:
            await self._publisher.publish(batch, also=newest.commands())
        except DependencyError:
            self._newest = newest.followed_by(self._newest)
            for envelope in self._doubtful:
                self._drop(envelope)
            raise
        else:
            for _ in range(self._flying):
                self._waiting.popleft()
            self._published += len(batch)
            self._telemetry.published(batch)
        finally:
            self._flying = 0
            self._doubtful.clear()

    def _push_out(self) -> None:
        """The oldest goes; if it is being written it is lost only if that fails, and
        a count of losses never falls."""
        oldest = self._waiting.popleft()
        if self._flying:
            self._flying -= 1
            self._doubtful.append(oldest)
        else:
            self._drop(oldest)

    def _drop(self, envelope: Envelope) -> None:
        self._telemetry.given_up(envelope)
        self._dropped += 1

    @property
    def _is_writing(self) -> bool:
        return self._writing is not None and not self._writing.done()

    async def _last_words(self) -> None:
        try:
            while self._waiting or self._is_writing:
                await self._write()
        except DependencyError as error:
            _log.error("unpublished", count=len(self._waiting), reason=error.reason)
        await self._publisher.close()
