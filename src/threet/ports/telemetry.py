"""What is measured and traced of the platform's work, without knowing by what.

Nothing here may raise, block or slow the work down (RELIABILITY.md X1): telemetry that
cannot be delivered is dropped.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from threet.model.events import Envelope, Event


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of an instrument of ``docs/reference/metrics.md``."""

    instrument: str
    value: float
    attributes: Mapping[str, str] = field(default_factory=dict)


class Gauges(Protocol):
    def note(self, readings: Sequence[Reading]) -> None:
        """The whole of what is known now; what is not among it is not known."""


class TickTelemetry(Protocol):
    """The way of a received frame to its stream; some frames are traced."""

    def received(self, events: Sequence[Event]) -> str:
        """The traceparent for the entries of one frame, "" if it is not traced."""

    def published(self, batch: Sequence[Envelope]) -> None:
        """These are in their streams now."""

    def given_up(self, envelope: Envelope) -> None:
        """It never will be in its stream."""


class DeliveryTelemetry(Protocol):
    """What a consumer makes of its entries."""

    def processing(
        self, stream: str, group: str, batch: Sequence[Envelope]
    ) -> AbstractContextManager[None]:
        """Around the effect of a batch; it continues the traces of its entries."""


class RequestTelemetry(Protocol):
    """Questions to the exchange."""

    def asking(self, request: str) -> AbstractContextManager[None]:
        """Around one try; what it raises is told as it is."""


class TaskTelemetry(Protocol):
    """Tasks of the queue; ``key`` is the task's: the same if it is delivered again."""

    def sending(self, task: str) -> Mapping[str, str]:
        """The headers by which the run of a task continues this trace."""

    def began(self, key: str, task: str, headers: Mapping[str, str]) -> None: ...

    def ended(self, key: str, outcome: str) -> None: ...


class WebTelemetry(Gauges, Protocol):
    """The page's process: what it sees of all others, and what it is asked."""

    def served(self, method: str, route: str, status: int, secs: float) -> None: ...


class Untold:
    """Implements all of them by doing nothing."""

    def note(self, readings: Sequence[Reading]) -> None: ...

    def received(self, events: Sequence[Event]) -> str:
        del events
        return ""

    def published(self, batch: Sequence[Envelope]) -> None: ...

    def given_up(self, envelope: Envelope) -> None: ...

    def processing(
        self, stream: str, group: str, batch: Sequence[Envelope]
    ) -> AbstractContextManager[None]:
        del stream, group, batch
        return nullcontext()

    def asking(self, request: str) -> AbstractContextManager[None]:
        del request
        return nullcontext()

    def sending(self, task: str) -> Mapping[str, str]:
        del task
        return {}

    def began(self, key: str, task: str, headers: Mapping[str, str]) -> None: ...

    def ended(self, key: str, outcome: str) -> None: ...

    def served(self, method: str, route: str, status: int, secs: float) -> None: ...
