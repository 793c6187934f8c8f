"""Ticks: how long from a frame's arrival to its stream, and traces of some of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from opentelemetry.context import Context
from opentelemetry.metrics import Histogram
from opentelemetry.trace import (
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    set_span_in_context,
)

from threet.adapters.telemetry.traces import traceparent_of
from threet.model.events import Envelope, Event
from threet.ports.clock import Clock

# Frames that wait for Redis; more are not traced.
_MOST_OPEN = 100
_NANOSECONDS = 1_000_000_000


@dataclass(slots=True)
class _Open:
    tick: Span
    sending: Span


@dataclass(slots=True)
class TickTraces:
    """Implements ``TickTelemetry``; ``every`` frames one is traced, 0 for none."""

    tracer: Tracer
    delay: Histogram
    clock: Clock
    every: int
    _frames: int = 0
    _open: dict[str, _Open] = field(default_factory=dict)

    def received(self, events: Sequence[Event]) -> str:
        self._frames += 1
        if not self.every or self._frames % self.every or not events:
            return ""
        return self._begin(events) if len(self._open) < _MOST_OPEN else ""

    def published(self, batch: Sequence[Envelope]) -> None:
        if not batch:
            return
        traced = self._ended(batch)
        context = None if traced is None else set_span_in_context(traced, Context())
        waited_ns = self.clock.now_ns() - batch[0].event.received_ns
        self.delay.record(max(waited_ns, 0) / _NANOSECONDS, context=context)

    def given_up(self, envelope: Envelope) -> None:
        found = self._open.pop(envelope.traceparent, None)
        if found is not None:
            found.sending.set_status(Status(StatusCode.ERROR, "given up"))
            found.sending.end()
            found.tick.end()

    def _begin(self, events: Sequence[Event]) -> str:
        event = events[0]
        kinds = ",".join(sorted({type(one).__name__ for one in events}))
        tick = self.tracer.start_span(
            "tick",
            context=Context(),
            kind=SpanKind.CONSUMER,
            start_time=event.received_ns,
            attributes={"threet.events": kinds, "threet.event_count": len(events)},
        )
        if event.event_ms is not None:
            age_ms = event.received_ns // 1_000_000 - event.event_ms
            tick.set_attribute("threet.exchange_age_ms", age_ms)
        sending = self.tracer.start_span(
            "publish",
            context=set_span_in_context(tick, Context()),
            kind=SpanKind.PRODUCER,
            attributes={"messaging.system": "redis"},
        )
        traceparent = traceparent_of(sending)
        self._open[traceparent] = _Open(tick, sending)
        return traceparent

    def _ended(self, batch: Sequence[Envelope]) -> Span | None:
        """End what is written; a frame's entries are written together or repeated."""
        if not self._open:
            return None
        ended = None
        for envelope in batch:
            found = self._open.pop(envelope.traceparent, None)
            if found is not None:
                found.sending.end()
                found.tick.end()
                ended = found.sending
        return ended
