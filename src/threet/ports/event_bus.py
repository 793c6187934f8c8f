"""Where events are told, and how whoever listens gets each of them.

Delivery is at least once and in order within a stream; an effect happens exactly once
because its consumer is idempotent by ``Envelope.event_id``.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from threet.model.events import Envelope


class EventPublisher(Protocol):
    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Append all, in order, each to the stream of its type; returns when written.

        Raises ``DependencyError`` when some may not have been written; publishing the
        same envelopes again is then right, since consumers know the ids.
        """


# Must return only once the effect of the whole batch is durable, and must be safe to
# call again with entries it has seen. ``DependencyError`` means: something is down,
# deliver them again later. Any other exception counts against the entries.
BatchHandler = Callable[[Sequence[Envelope]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerStatistics:
    """Counters since the start; ``lost`` entries were trimmed before they were read."""

    delivered: int = 0
    acknowledged: int = 0
    failed: int = 0
    taken_over: int = 0
    dead_lettered: int = 0
    lost: int = 0
    reconnects: int = 0


class EventConsumer(Protocol):
    """One member of a group on one stream."""

    async def run(self, handle: BatchHandler) -> None:
        """Deliver batches until ``stop``; the batch under way is finished first."""

    def stop(self) -> None: ...

    def statistics(self) -> ConsumerStatistics: ...
