"""A tracer and a meter whose data a test can look at, in its own process."""

from collections.abc import Mapping, Sequence

from opentelemetry.metrics import Histogram
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    HistogramDataPoint,
    InMemoryMetricReader,
    NumberDataPoint,
)
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from threet.adapters.telemetry.instruments import histogram

Attributes = frozenset[tuple[str, str]]


class Telemetry:
    def __init__(self) -> None:
        self._memory = InMemorySpanExporter()
        traces = TracerProvider()
        traces.add_span_processor(SimpleSpanProcessor(self._memory))
        self.tracer = traces.get_tracer("tests")
        self._reader = InMemoryMetricReader()
        self.meter = MeterProvider([self._reader]).get_meter("tests")

    def histogram(self, name: str) -> Histogram:
        return histogram(self.meter, name)

    def spans(self) -> Sequence[ReadableSpan]:
        """Those that ended, in the order of their ends."""
        return self._memory.get_finished_spans()

    def span(self, name: str) -> ReadableSpan:
        (found,) = (span for span in self.spans() if span.name == name)
        return found

    def values(self, name: str) -> Mapping[Attributes, float]:
        """By attributes; of a histogram the sum of its values."""
        read = self._reader.get_metrics_data()
        points = [
            point
            for resource in (read.resource_metrics if read else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]
        return {
            frozenset((name, str(value)) for name, value in _plain(point)): point.value
            if isinstance(point, NumberDataPoint)
            else point.sum
            for point in points
            if isinstance(point, NumberDataPoint | HistogramDataPoint)
        }


def _plain(point: NumberDataPoint | HistogramDataPoint) -> Sequence[tuple[str, object]]:
    return list(dict(point.attributes or {}).items())


def span_id(span: ReadableSpan) -> int:
    found: int = span.context.span_id
    return found


def trace_id(span: ReadableSpan) -> int:
    found: int = span.context.trace_id
    return found


def parent_id(span: ReadableSpan) -> int | None:
    return None if span.parent is None else span.parent.span_id
