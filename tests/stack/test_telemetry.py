"""Metrics of every process in Prometheus, whole traces in Jaeger."""

import urllib.parse
from typing import Any

import pytest

from tests.stack.asking import told
from tests.stack.engine import PORTS, Project, wait_until
from tests.stack.spans import chains, spans_of

PROMETHEUS = f"http://127.0.0.1:{PORTS['PROMETHEUS_PORT']}/api/v1"
MEASURED = (
    "trader",
    "order_gateway",
    "price_stream_producer",
    "price_stream_consumer",
    "balance_consumer",
    "celery_worker",
    "celery_beat",
    "web",
    "trace_retention",
)


def prometheus(project: Project, path: str, **words: str) -> Any:
    login = ("admin", project.variables["PROMETHEUS_PASSWORD"])
    query = urllib.parse.urlencode(words)
    return told(f"{PROMETHEUS}/{path}?{query}", login)["data"]


def values(project: Project, expression: str) -> list[float]:
    found = prometheus(project, "query", query=expression)["result"]
    return [float(row["value"][1]) for row in found]


def jobs(project: Project) -> set[str]:
    expression = "count by (job) (process_uptime_seconds)"
    found = prometheus(project, "query", query=expression)["result"]
    return {row["metric"]["job"] for row in found}


def test_every_process_tells_its_metrics(project: Project) -> None:
    wanted = set(MEASURED)
    wait_until(lambda: wanted <= jobs(project), "metrics of every process", 120)


def test_a_tick_becomes_a_metric_of_its_consumer(project: Project) -> None:
    expression = (
        'sum(threet_consumer_entries_total{outcome="delivered",'
        'job="price_stream_consumer"})'
    )
    wait_until(lambda: bool(values(project, expression)), "the metric", 90)
    before = values(project, expression)[0]
    wait_until(lambda: values(project, expression)[0] > before, "its growth", 90)


def test_a_tick_is_one_trace_from_the_frame_to_its_consumer(project: Project) -> None:
    wanted = [
        "price_stream_consumer: process prices:updated",
        "price_stream_producer: publish",
        "price_stream_producer: tick",
    ]

    def is_there() -> bool:
        spans = spans_of(project, "price_stream_consumer")
        return wanted in chains(spans, "process prices:updated")

    wait_until(is_there, f"the chain {wanted}", 120)


def test_a_task_continues_the_trace_of_the_beat_that_sent_it(project: Project) -> None:
    wanted = ["celery_worker: run relay-outbox", "celery_beat: send relay-outbox"]

    def is_there() -> bool:
        return wanted in chains(spans_of(project, "celery_worker"), "run relay-outbox")

    wait_until(is_there, f"the chain {wanted}", 120)


def test_no_trace_is_of_redis_alone(project: Project) -> None:
    names = {one.name for one in spans_of(project, "celery_worker")}
    assert not {"HSET", "XADD", "GET", "SET", "BRPOP", "EVALSHA"} & names


def test_an_exemplar_leads_from_a_metric_to_its_trace(project: Project) -> None:
    def exemplars() -> list[Any]:
        found = prometheus(
            project,
            "query_exemplars",
            query="threet_publisher_delay_seconds_bucket",
            start="0",
            end="4102444800",
        )
        return [one for series in found for one in series["exemplars"]]

    wait_until(lambda: bool(exemplars()), "an exemplar", 120)
    assert all(len(one["labels"]["trace_id"]) == 32 for one in exemplars())


@pytest.mark.parametrize("away", ["otel-collector", "jaeger"])
def test_x1_who_watches_may_be_away(project: Project, away: str) -> None:
    project.compose("stop", "--timeout", "5", away)
    before = project.redis("xinfo", "stream", "prices:updated")
    wait_until(
        lambda: project.redis("xinfo", "stream", "prices:updated") != before,
        "ticks without who watches",
        30,
    )
    assert project.state_of("price_stream_producer") == "healthy"
