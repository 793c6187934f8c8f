"""Wires what a process measures and traces; once in each process, after any fork."""

import os
import threading
from dataclasses import dataclass
from functools import cache

from threet.adapters.system_clock import SystemClock
from threet.adapters.telemetry import export_faults, providers, snapshot
from threet.adapters.telemetry.deliveries import DeliveryTraces
from threet.adapters.telemetry.exchange_requests import RequestTraces
from threet.adapters.telemetry.instruments import histogram
from threet.adapters.telemetry.resources import ProcessUse
from threet.adapters.telemetry.snapshot import Snapshot
from threet.adapters.telemetry.tasks import TaskTraces
from threet.adapters.telemetry.ticks import TickTraces
from threet.adapters.telemetry.web import WebMetrics
from threet.bootstrap import settings as root
from threet.ports.telemetry import (
    DeliveryTelemetry,
    Gauges,
    RequestTelemetry,
    TaskTelemetry,
    TickTelemetry,
    WebTelemetry,
)

_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    figures: Gauges
    ticks: TickTelemetry
    deliveries: DeliveryTelemetry
    requests: RequestTelemetry
    tasks: TaskTelemetry
    web: WebTelemetry


def telemetry(process: str) -> Telemetry:
    """``process`` names the service unless OTEL_SERVICE_NAME does."""
    with _lock:  # the first tasks of a worker ask at once
        return _telemetry(process, os.getpid())


@cache
def _telemetry(process: str, _pid: int) -> Telemetry:
    observability = root.config().observability
    clock = SystemClock()
    made = providers.start(process, metrics_every_secs=observability.metrics_every_secs)
    export_faults.tell_sparingly(clock)
    tracer, meter = made.tracer, made.meter
    figures, platform = Snapshot(clock), Snapshot(clock)
    use = ProcessUse(clock)
    snapshot.show(meter, [figures.readings, platform.readings, use.readings])
    is_exported = bool(os.environ.get(providers.ENDPOINT))
    return Telemetry(
        figures=figures,
        ticks=TickTraces(
            tracer,
            histogram(meter, "threet.publisher.delay"),
            clock,
            every=observability.trace_every_ticks if is_exported else 0,
        ),
        deliveries=DeliveryTraces(
            tracer, histogram(meter, "threet.consumer.delay"), clock
        ),
        requests=RequestTraces(
            tracer, histogram(meter, "threet.exchange.request.duration"), clock
        ),
        tasks=TaskTraces(tracer, histogram(meter, "threet.task.duration"), clock),
        web=WebMetrics(platform, histogram(meter, "http.server.request.duration")),
    )
