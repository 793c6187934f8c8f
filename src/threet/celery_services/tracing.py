"""A task's trace: from whoever sent it, in its headers, to its run."""

from collections.abc import Callable, Mapping
from typing import Any

from celery import Celery, signals

from threet.ports.telemetry import TaskTelemetry

_ID = "threet-tracing"


def follow(app: Celery, telemetry: Callable[[], TaskTelemetry]) -> None:
    """Of this app's tasks; ``telemetry`` is asked for in the process that works."""

    def sending(sender: str, headers: dict[str, Any] | None = None, **_: Any) -> None:
        if headers is not None and sender in app.tasks:
            headers.update(telemetry().sending(sender))

    def began(task_id: str, task: Any, **_: Any) -> None:
        if task.name in app.tasks:
            telemetry().began(task_id, task.name, _headers(task.request))

    def ended(task_id: str, state: str | None = None, **_: Any) -> None:
        telemetry().ended(task_id, state or "UNKNOWN")

    signals.before_task_publish.connect(sending, weak=False, dispatch_uid=_ID)
    signals.task_prerun.connect(began, weak=False, dispatch_uid=_ID)
    signals.task_postrun.connect(ended, weak=False, dispatch_uid=_ID)


def _headers(request: Any) -> Mapping[str, str]:
    """Celery puts headers of a message beside its own fields of the request."""
    traceparent = getattr(request, "traceparent", None)
    return {"traceparent": traceparent} if isinstance(traceparent, str) else {}
