"""The process's tracer and meter, and the way of their data to a collector.

Without OTEL_EXPORTER_OTLP_ENDPOINT nothing leaves the process. With it, data waits in
bounded queues for threads of their own: a collector that is away or hangs costs what
does not fit, never the work (RELIABILITY.md X1).
"""

import atexit
import os
import socket
from dataclasses import dataclass

import requests
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricReader,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from threet.adapters.telemetry.instruments import CATALOGUE

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
SERVICE_NAME = "OTEL_SERVICE_NAME"
_SCOPE = "threet"
# An export that takes longer is given up. An ending process may wait for three of them:
# the newest metrics, the spans that are on their way, and the last spans.
_EXPORT_SECS = 2.0
_SPANS_EVERY_MS = 2_000
# They go at once: by smaller parts the last ones would hold up the end for longer.
_SPANS_KEPT = 2_048
_SECONDS = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1),
    *(0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
)


@dataclass(frozen=True, slots=True)
class Providers:
    tracer: trace.Tracer
    meter: metrics.Meter


def start(process: str, *, metrics_every_secs: float) -> Providers:
    """Once in each process, after any fork; a second time the first are returned.

    ``process`` names the service unless OTEL_SERVICE_NAME does.
    """
    if not isinstance(metrics.get_meter_provider(), MeterProvider):
        service = os.environ.get(SERVICE_NAME, process)
        tracers, meters = make(
            service,
            exports=bool(os.environ.get(ENDPOINT)),
            metrics_every_secs=metrics_every_secs,
        )
        trace.set_tracer_provider(tracers)
        metrics.set_meter_provider(meters)
        atexit.register(end, tracers, meters)
    return Providers(trace.get_tracer(_SCOPE), metrics.get_meter(_SCOPE))


def make(
    service: str, *, exports: bool, metrics_every_secs: float
) -> tuple[TracerProvider, MeterProvider]:
    resource = Resource.create(
        {
            "service.name": service,
            "service.instance.id": f"{socket.gethostname()}-{os.getpid()}",
        }
    )
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    readers: list[MetricReader] = []
    if exports:
        tracers.add_span_processor(
            BatchSpanProcessor(
                OTLPSpanExporter(timeout=_EXPORT_SECS, session=_session()),
                max_queue_size=_SPANS_KEPT,
                max_export_batch_size=_SPANS_KEPT,
                schedule_delay_millis=_SPANS_EVERY_MS,
            )
        )
        readers.append(
            PeriodicExportingMetricReader(
                OTLPMetricExporter(timeout=_EXPORT_SECS, session=_session()),
                export_interval_millis=metrics_every_secs * 1000,
            )
        )
    meters = MeterProvider(
        readers, resource=resource, views=_views(), shutdown_on_exit=False
    )
    return tracers, meters


def end(tracers: TracerProvider, meters: MeterProvider) -> None:
    """Hand over what is left, or give it up in time: whoever ends the process waits."""
    meters.shutdown(timeout_millis=_EXPORT_SECS * 1000)
    tracers.shutdown()


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy, no .netrc of whoever started the process
    return session


def _views() -> list[View]:
    """Buckets from half a millisecond to a minute; attributes as the catalogue says."""
    buckets = ExplicitBucketHistogramAggregation(_SECONDS)
    return [
        View(
            instrument_name=one.name,
            aggregation=buckets if one.kind == "histogram" else None,
            attribute_keys=set(one.attributes),
        )
        for one in CATALOGUE
    ]
