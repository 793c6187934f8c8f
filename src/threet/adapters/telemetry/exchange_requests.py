"""Questions to the exchange: how long each try took, and a span within a trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.metrics import Histogram
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer

from threet.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class RequestTraces:
    """Implements ``RequestTelemetry``."""

    tracer: Tracer
    duration: Histogram
    clock: Clock

    @contextmanager
    def asking(self, request: str) -> Iterator[None]:
        began = self.clock.monotonic()
        # What follows the first word (a symbol, a timeframe) is too much for a metric.
        name = request.partition(" ")[0]
        attributes = {"request": name}
        with self.tracer.start_as_current_span(
            f"exchange {name}",
            kind=SpanKind.CLIENT,
            attributes={"threet.request": request},
            record_exception=False,
            set_status_on_exception=False,  # it would tell the error in full length
        ) as span:
            try:
                yield
            except Exception as error:
                attributes["error.type"] = type(error).__name__
                span.set_status(Status(StatusCode.ERROR, str(error)[:200]))
                raise
            finally:
                self.duration.record(self.clock.monotonic() - began, attributes)
