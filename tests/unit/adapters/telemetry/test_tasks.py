"""Tasks and requests: spans that end, durations by outcome, few attributes."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.telemetry import Telemetry, parent_id, span_id
from threet.adapters.memory.clock import ManualClock
from threet.adapters.telemetry.exchange_requests import RequestTraces
from threet.adapters.telemetry.tasks import TaskTraces
from threet.adapters.telemetry.traces import current_traceparent

_TASK = "threet.task.duration"
_REQUEST = "threet.exchange.request.duration"


def _tasks(telemetry: Telemetry, clock: ManualClock) -> TaskTraces:
    return TaskTraces(telemetry.tracer, telemetry.histogram(_TASK), clock)


def test_a_run_descends_from_its_sending_and_is_measured_by_outcome() -> None:
    telemetry, clock = Telemetry(), ManualClock(0)
    tasks = _tasks(telemetry, clock)
    headers = tasks.sending("update-balance")
    tasks.began("key", "update-balance", headers)
    clock.advance(2)
    tasks.ended("key", "FAILURE")
    sent, run = (
        telemetry.span("send update-balance"),
        telemetry.span("run update-balance"),
    )
    assert parent_id(run) == span_id(sent)
    assert not run.status.is_ok
    attributes = frozenset({("task", "update-balance"), ("outcome", "FAILURE")})
    assert telemetry.values(_TASK) == {attributes: 2.0}


def test_the_trace_is_current_for_the_run_and_not_after_it() -> None:
    tasks = _tasks(Telemetry(), ManualClock(0))
    tasks.began("key", "canary", {})
    assert current_traceparent() != ""
    tasks.ended("key", "SUCCESS")
    assert current_traceparent() == ""


def test_the_same_task_twice_at_once_is_two_runs() -> None:
    """Delivered again while it runs (F54): each thread ends its own."""
    telemetry, clock = Telemetry(), ManualClock(0)
    tasks = _tasks(telemetry, clock)
    tasks.began("key", "canary", {})
    with ThreadPoolExecutor(1) as other:
        other.submit(tasks.began, "key", "canary", {}).result()
        other.submit(tasks.ended, "key", "SUCCESS").result()
    assert current_traceparent() != ""
    tasks.ended("key", "SUCCESS")
    assert current_traceparent() == ""
    assert len(telemetry.spans()) == 2


def test_an_end_without_a_beginning_changes_nothing() -> None:
    telemetry = Telemetry()
    _tasks(telemetry, ManualClock(0)).ended("unknown", "SUCCESS")
    assert telemetry.spans() == ()


def test_a_request_is_named_without_what_it_asks_for() -> None:
    telemetry, clock = Telemetry(), ManualClock(0)
    requests = RequestTraces(telemetry.tracer, telemetry.histogram(_REQUEST), clock)
    with requests.asking("candleSnapshot BTC 1m"):
        clock.advance(1)
    attributes = frozenset({("request", "candleSnapshot")})
    assert telemetry.values(_REQUEST) == {attributes: 1.0}
    span = telemetry.span("exchange candleSnapshot")
    assert (span.attributes or {})["threet.request"] == "candleSnapshot BTC 1m"


def test_a_failed_request_is_measured_with_its_kind_and_told_as_it_is() -> None:
    telemetry, clock = Telemetry(), ManualClock(0)
    requests = RequestTraces(telemetry.tracer, telemetry.histogram(_REQUEST), clock)
    with pytest.raises(TimeoutError), requests.asking("meta"):
        raise TimeoutError
    ((attributes, _),) = telemetry.values(_REQUEST).items()
    assert ("error.type", "TimeoutError") in attributes
    assert not telemetry.span("exchange meta").status.is_ok


def test_an_error_is_told_of_a_span_in_a_few_words_only() -> None:
    telemetry = Telemetry()
    requests = RequestTraces(
        telemetry.tracer, telemetry.histogram(_REQUEST), ManualClock(0)
    )
    with pytest.raises(ValueError, match="x"), requests.asking("meta"):
        raise ValueError("x" * 5_000)
    span = telemetry.span("exchange meta")
    assert span.status.description == "x" * 200
    assert not span.events
