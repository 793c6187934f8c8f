"""What the running platform tells a collector; and that it needs none (X1)."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demonstration import PLATFORM, Demo
from tests.otlp_sink import Span, Told, black_hole, collecting
from threet.adapters.telemetry.instruments import CATALOGUE

pytestmark = pytest.mark.slow

_SERVICES = {*PLATFORM, "web"}
# What a run of seconds without a fault has no reason to tell.
_OF_FAULTS = {"threet.exchange.errors"}


def _environment(url: str) -> dict[str, str]:
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "THREET_OBSERVABILITY__METRICS_EVERY_SECS": "1",
        "THREET_OBSERVABILITY__TRACE_EVERY_TICKS": "20",
        "THREET_OBSERVABILITY__LOG_FORMAT": "json",
    }


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    with collecting() as one:
        yield one


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, told: Told) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("telemetry")
    one = Demo(folder, environment=_environment(told.url))
    one.start()
    one.until(one.is_complete, "every process alive")
    yield one
    one.stop()


def _chain(told: Told, name: str, of: str) -> list[tuple[str, str]]:
    """Service and name of a span and of all above it; empty if one is missing."""
    for span in told.named(name):
        above: list[Span] = [span]
        while above[-1].parent_id:
            parent = told.span(above[-1].parent_id)
            if parent is None:
                break
            above.append(parent)
        else:
            if above[-1].name == of:
                return [(one.service, one.name) for one in above]
    return []


def test_every_process_has_metrics_of_its_own(demo: Demo, told: Told) -> None:
    demo.until(lambda: told.services() >= _SERVICES, "metrics of every process")


def test_every_metric_is_told_with_its_unit(demo: Demo, told: Told) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{demo.port}/api/products") as answer:
        assert answer.status == 200

    def missing() -> set[str]:
        seen = {(point.metric, point.unit) for point in list(told.points)}
        return {o.name for o in CATALOGUE if (o.name, o.unit) not in seen} - _OF_FAULTS

    demo.until(lambda: not missing(), "every metric")
    route = told.newest("http.server.request.duration")
    assert route is not None
    assert route.attributes["http.route"] in {"/api/products", "/api/health", "other"}


def test_a_tick_is_followed_through_its_stream_to_its_effect(
    demo: Demo, told: Told
) -> None:
    name = "process prices:updated"
    demo.until(lambda: bool(_chain(told, name, "tick")), "a whole chain")
    assert _chain(told, name, "tick") == [
        ("price_stream_consumer", name),
        ("price_stream_producer", "publish"),
        ("price_stream_producer", "tick"),
    ]


def test_a_balance_is_followed_from_the_schedule_through_the_outbox(
    demo: Demo, told: Told
) -> None:
    name, of = "process balance:updated", "send update-balance"
    demo.until(lambda: bool(_chain(told, name, of)), "a whole chain")
    assert _chain(told, name, of) == [
        ("example_balance_consumer", name),
        ("celery_worker", "run update-balance"),
        ("celery_beat", of),
    ]


def test_a_histogram_links_to_a_trace(demo: Demo, told: Told) -> None:
    def linked() -> set[str]:
        return {
            trace_id
            for point in list(told.points)
            if point.metric == "threet.publisher.delay"
            for trace_id in point.exemplar_trace_ids
        }

    def ticks() -> set[str]:
        return {span.trace_id for span in told.named("tick")}

    demo.until(lambda: bool(linked() & ticks()), "an exemplar of a traced tick")


def test_a_log_line_of_traced_work_carries_its_trace(demo: Demo, told: Told) -> None:
    log = demo.folder / "simulator" / "logs" / "example_balance_consumer.log"

    def traces() -> set[str]:
        lines = [line for line in log.read_text().splitlines() if '"balance"' in line]
        return {json.loads(line).get("trace_id", "") for line in lines} - {""}

    demo.until(lambda: bool(traces()), "a line with a trace")
    found = traces()  # lines that come later are told of later, too

    def are_told() -> bool:
        return found <= {span.trace_id for span in list(told.spans)}

    demo.until(are_told, "the spans of these lines")


def test_x1_a_collector_that_hangs_holds_nothing_up(tmp_path: Path) -> None:
    with black_hole() as url:
        demo = Demo(tmp_path, environment=_environment(url))
        demo.start()
        demo.until(demo.is_complete, "every process alive")
        demo.until(lambda: demo.api("health")["status"] == "ok", "all well")
        code, said = demo.stop()  # given a minute, as ever
    assert code == 0, said
