"""Tasks of the queue: a span for the sending, one for the run, and its duration."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from opentelemetry import context
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

from threet.adapters.telemetry.traces import TRACEPARENT, context_of, traceparent_of
from threet.ports.clock import Clock

_GOOD = "SUCCESS"


@dataclass(slots=True)
class _Run:
    task: str
    span: Span
    token: object
    began: float


@dataclass(slots=True)
class TaskTraces:
    """Implements ``TaskTelemetry``; a run begins and ends in the same thread. The same
    task may run in two of them at once, when it was delivered again."""

    tracer: Tracer
    duration: Histogram
    clock: Clock
    _runs: dict[tuple[str, int], _Run] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sending(self, task: str) -> Mapping[str, str]:
        span = self.tracer.start_span(f"send {task}", kind=SpanKind.PRODUCER)
        span.end()
        return {TRACEPARENT: traceparent_of(span)}

    def began(self, key: str, task: str, headers: Mapping[str, str]) -> None:
        span = self.tracer.start_span(
            f"run {task}",
            context=context_of(headers.get(TRACEPARENT, "")),
            kind=SpanKind.CONSUMER,
            attributes={
                "messaging.system": "celery",
                "messaging.message.id": key,
                "threet.task": task,
            },
        )
        token = context.attach(set_span_in_context(span, Context()))
        with self._lock:
            self._runs[_here(key)] = _Run(task, span, token, self.clock.monotonic())

    def ended(self, key: str, outcome: str) -> None:
        with self._lock:
            run = self._runs.pop(_here(key), None)
        if run is None:
            return
        if outcome != _GOOD:
            run.span.set_status(Status(StatusCode.ERROR, outcome))
        attributes = {"task": run.task, "outcome": outcome}
        self.duration.record(self.clock.monotonic() - run.began, attributes)
        context.detach(run.token)  # type: ignore[arg-type]  # what attach returned
        run.span.end()


def _here(key: str) -> tuple[str, int]:
    return key, threading.get_ident()
