"""What a consumer does with a batch: its delay, and spans that continue its traces."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.metrics import Histogram
from opentelemetry.trace import (
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    use_span,
)

from threet.adapters.telemetry.traces import context_of
from threet.model.events import Envelope
from threet.ports.clock import Clock

_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class DeliveryTraces:
    """Implements ``DeliveryTelemetry``."""

    tracer: Tracer
    delay: Histogram
    clock: Clock

    @contextmanager
    def processing(
        self, stream: str, group: str, batch: Sequence[Envelope]
    ) -> Iterator[None]:
        spans = [self._span(stream, group, one) for one in batch if one.traceparent]
        try:
            if spans:
                with use_span(spans[-1], record_exception=False):
                    yield
                    self._took_effect(stream, group, batch)
            else:
                yield
                self._took_effect(stream, group, batch)
        except BaseException as error:
            for span in spans:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
        finally:
            for span in spans:
                span.end()

    def _span(self, stream: str, group: str, envelope: Envelope) -> Span:
        return self.tracer.start_span(
            f"process {stream}",
            context=context_of(envelope.traceparent),
            kind=SpanKind.CONSUMER,
            attributes={
                "messaging.system": "redis",
                "messaging.destination.name": stream,
                "messaging.consumer.group.name": group,
                "messaging.message.id": envelope.event_id,
            },
        )

    def _took_effect(self, stream: str, group: str, batch: Sequence[Envelope]) -> None:
        waited_ns = self.clock.now_ns() - batch[-1].event.received_ns
        attributes = {"stream": stream, "group": group}
        self.delay.record(max(waited_ns, 0) / _NANOSECONDS, attributes)
