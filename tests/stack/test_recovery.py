"""What is killed comes back by itself, and the flow of facts with it."""

import pytest

from tests.stack.asking import told
from tests.stack.engine import Project, wait_until
from tests.stack.test_flow import WEB, count, figures


def is_well() -> bool:
    try:
        return bool(told(f"{WEB}/api/health")["status"] == "ok")
    except OSError:  # while the page itself cannot tell
        return False


def flows_again(project: Project) -> None:
    """New readings in the database, new ticks at the consumer, no complaint."""
    readings = count(project, "balance_history")
    wait_until(is_well, "health without a reason", 120)
    ticks = int(figures("price_stream_consumer").get("delivered", 0))
    wait_until(
        lambda: int(figures("price_stream_consumer").get("delivered", 0)) > ticks,
        "ticks",
        60,
    )
    wait_until(lambda: count(project, "balance_history") > readings, "a reading", 120)


@pytest.mark.parametrize(
    "service",
    ["redis", "mariadb", "celery_worker", "price_stream_producer", "celery_beat"],
)
def test_what_is_killed_comes_back_and_facts_flow_again(
    project: Project, service: str
) -> None:
    started = project.containers()[service]["State"]["StartedAt"]
    candles = count(project, "candles")
    project.kill(service)

    def is_another() -> bool:
        return bool(project.containers()[service]["State"]["StartedAt"] != started)

    wait_until(is_another, f"{service} to be started again", 60)
    project.until_healthy(service)
    flows_again(project)
    assert count(project, "candles") >= candles
    assert project.redis("exists", "dead:letters").strip() == "0"
