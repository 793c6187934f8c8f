"""One member of a consumer group: batches, take-over, dead letters, graceful stop."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from threet.adapters.redis_streams import codec
from threet.adapters.redis_streams.address import RedisAddress
from threet.adapters.redis_streams.group_reader import Batch, Entry, GroupReader
from threet.adapters.redis_streams.pipe import RedisPipe, RefusedCommandError
from threet.model.errors import DependencyError, InvalidValueError
from threet.model.events import Envelope
from threet.ports.clock import Clock
from threet.ports.event_bus import BatchHandler, ConsumerStatistics
from threet.ports.telemetry import DeliveryTelemetry, Untold
from threet.resilience.backoff import Backoff

_log = structlog.get_logger(__name__)
# In so short a time no stream of the smallest permitted length runs over.
_UNWATCHED_SECS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerPolicy:
    """A dead member's entries are taken over after ``take_over_after_secs`` plus
    ``look_every_secs`` at the latest."""

    batch: int = 500
    block_secs: float = 1.0
    take_over_after_secs: float = 15.0
    look_every_secs: float = 5.0
    most_deliveries: int = 5
    dead_letters_kept: int = 10_000


class RedisConsumer:
    """Implements ``threet.ports.event_bus.EventConsumer``.

    Keep ``consumer`` the same over restarts, and unlike any other member's: what it had
    not acknowledged comes first when it is back.
    """

    def __init__(
        self,
        *,
        address: RedisAddress,
        stream: str,
        group: str,
        consumer: str,
        clock: Clock,
        start: str = "0",
        policy: ConsumerPolicy | None = None,
        telemetry: DeliveryTelemetry | None = None,
    ) -> None:
        self._address = address
        self._stream = stream
        self._group = group
        self._consumer = consumer
        self._clock = clock
        self._start = start
        self._policy = policy or ConsumerPolicy()
        self._telemetry = telemetry or Untold()
        self._stopping = asyncio.Event()
        self._counts: Counter[str] = Counter()
        self._backoff = Backoff(most_secs=5.0)
        self._looked_at = 0.0
        self._read_at = float("-inf")
        self._is_behind = True

    def stop(self) -> None:
        self._stopping.set()

    def statistics(self) -> ConsumerStatistics:
        return ConsumerStatistics(**self._counts)

    async def run(self, handle: BatchHandler) -> None:
        while not self._stopping.is_set():
            try:
                await self._session(handle)
            except DependencyError as error:
                await self._recover(error)

    async def _recover(self, error: DependencyError) -> None:
        """Pause before the next session; raises what no waiting mends."""
        if isinstance(error, RefusedCommandError):
            if error.is_final:
                raise error
            if error.is_missing_group:
                _log.warning("group_missing", stream=self._stream, group=self._group)
                return
        self._counts["reconnects"] += 1
        _log.warning("consumer_waits", stream=self._stream, reason=error.reason)
        await self._pause()

    async def _session(self, handle: BatchHandler) -> None:
        """From one connection to its loss, or to the stop."""
        pipe = await RedisPipe.open(self._address)
        try:
            reader = GroupReader(
                pipe,
                stream=self._stream,
                group=self._group,
                consumer=self._consumer,
                start=self._start,
            )
            await reader.ensure_group()
            self._backoff.succeeded()
            await self._resume(reader, handle)
            while not self._stopping.is_set():
                await self._take_over_when_due(reader, handle)
                await self._deliver(reader, await self._next(reader), handle)
        finally:
            pipe.close()

    async def _next(self, reader: GroupReader) -> Batch:
        """Losses are looked for whenever the group may have fallen behind: after a
        full batch, and after a pause in which its stream could have run over."""
        now = self._clock.monotonic()
        if self._is_behind or now - self._read_at > _UNWATCHED_SECS:
            batch = await reader.read(self._policy.batch)
            self._is_behind = len(batch.entries) == self._policy.batch
        else:
            batch = Batch()
        if not batch.entries and not batch.lost:
            batch = await reader.wait(self._policy.batch, self._policy.block_secs)
            self._is_behind = len(batch.entries) == self._policy.batch
        self._read_at = self._clock.monotonic()
        return batch

    async def _resume(self, reader: GroupReader, handle: BatchHandler) -> None:
        after = b"0"
        while not self._stopping.is_set():
            entries = await reader.own_pending(self._policy.batch, after)
            if not entries:
                return
            await self._deliver(reader, Batch(entries), handle)
            after = entries[-1].entry_id

    async def _take_over_when_due(
        self, reader: GroupReader, handle: BatchHandler
    ) -> None:
        now = self._clock.monotonic()
        if now - self._looked_at < self._policy.look_every_secs:
            return
        self._looked_at = now
        idle_secs = self._policy.take_over_after_secs
        batch = await reader.take_over(idle_secs, self._policy.batch)
        self._counts["taken_over"] += len(batch.entries)
        await self._deliver(reader, batch, handle)

    async def _deliver(
        self, reader: GroupReader, batch: Batch, handle: BatchHandler
    ) -> None:
        if batch.lost:
            self._counts["lost"] += batch.lost
            _log.error("entries_lost", stream=self._stream, count=batch.lost)
        readable = await self._readable(reader, batch.entries)
        if not readable:
            return
        self._counts["delivered"] += len(readable)
        if not await self._try(reader, readable, handle):
            # What is sound takes effect, what is not stays behind.
            for one in readable:
                await self._try(reader, [one], handle)

    async def _try(
        self,
        reader: GroupReader,
        readable: Sequence[tuple[Entry, Envelope]],
        handle: BatchHandler,
    ) -> bool:
        """False when the handler failed on several: one of them is to blame."""
        try:
            done = await self._until_up(handle, [known for _, known in readable])
        except Exception as error:  # noqa: BLE001  # it ends in the dead letters
            _log.warning("effect_failed", stream=self._stream, reason=repr(error)[:200])
            if len(readable) > 1:
                return False
            self._counts["failed"] += 1
            await self._bury_if_hopeless(reader, readable[0][0], repr(error))
            return True
        if done:
            entry_ids = [entry.entry_id for entry, _ in readable]
            await reader.acknowledge(entry_ids)
            self._counts["acknowledged"] += len(entry_ids)
        return True

    async def _until_up(
        self, handle: BatchHandler, envelopes: Sequence[Envelope]
    ) -> bool:
        """Repeat while something is down; False when stopped before it took effect."""
        while True:
            try:
                with self._telemetry.processing(self._stream, self._group, envelopes):
                    await handle(envelopes)
            except DependencyError as error:
                _log.warning("effect_waits", stream=self._stream, reason=str(error))
                await self._pause()
                if self._stopping.is_set():
                    return False
            else:
                self._backoff.succeeded()
                return True

    async def _readable(
        self, reader: GroupReader, entries: Sequence[Entry]
    ) -> list[tuple[Entry, Envelope]]:
        readable: list[tuple[Entry, Envelope]] = []
        trimmed: list[bytes] = []
        for entry in entries:
            if not entry.fields:
                trimmed.append(entry.entry_id)
                continue
            try:
                readable.append((entry, codec.envelope(entry.fields)))
            except InvalidValueError as error:
                await self._bury(reader, entry, str(error))
        if trimmed:
            self._counts["lost"] += len(trimmed)
            _log.error("entries_lost", stream=self._stream, count=len(trimmed))
            await reader.acknowledge(trimmed)
        return readable

    async def _bury_if_hopeless(
        self, reader: GroupReader, entry: Entry, reason: str
    ) -> None:
        deliveries = await reader.deliveries(entry.entry_id)
        if deliveries >= self._policy.most_deliveries:
            await self._bury(reader, entry, f"{deliveries} deliveries: {reason}")

    async def _bury(self, reader: GroupReader, entry: Entry, reason: str) -> None:
        await reader.bury(entry, reason, self._policy.dead_letters_kept)
        self._counts["dead_lettered"] += 1
        _log.error("dead_letter", stream=self._stream, entry=entry.entry_id.decode())

    async def _pause(self) -> None:
        """Wait for the back-off, or for the stop."""
        waiting = asyncio.ensure_future(self._clock.sleep(self._backoff.failed()))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            stopping.cancel()
