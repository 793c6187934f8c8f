"""Seen from outside: facts reach the database, news reach who waits for them."""

from typing import Any

from tests.stack.asking import fetched, status, told
from tests.stack.engine import PORTS, Project, wait_until

WEB = f"http://127.0.0.1:{PORTS['WEB_PORT']}"
FLOWER = f"http://127.0.0.1:{PORTS['FLOWER_PORT']}"


def count(project: Project, table: str) -> int:
    return int(project.sql(f"SELECT COUNT(*) FROM {table}")[0][0])  # noqa: S608


def figures(process: str) -> dict[str, Any]:
    for one in told(f"{WEB}/api/health")["processes"]:
        if one["name"] == process:
            found: dict[str, Any] = one["figures"]
            return found
    return {}


def flower(project: Project) -> tuple[str, str]:
    return "admin", project.variables["FLOWER_PASSWORD"]


def test_a_beat_becomes_a_task_becomes_a_row(project: Project) -> None:
    before = count(project, "balance_history")
    wait_until(
        lambda: count(project, "balance_history") > before, "another reading", 90
    )
    wait_until(lambda: count(project, "candles") > 10_000, "candles", 120)


def test_a_tick_reaches_redis_and_its_consumer(project: Project) -> None:
    before = int(figures("price_stream_consumer")["delivered"])

    def has_moved_on() -> bool:
        return int(figures("price_stream_consumer").get("delivered", 0)) > before + 100

    wait_until(has_moved_on, "ticks", 60)
    assert int(project.redis("xlen", "prices:updated")) > 0
    assert figures("price_stream_producer")["dropped"] == 0


def test_a_balance_reaches_its_consumer_through_the_outbox(project: Project) -> None:
    wait_until(
        lambda: int(figures("example_balance_consumer").get("applied", 0)) > 0,
        "a balance",
        90,
    )


def test_the_page_is_complete_and_shows_fresh_prices(project: Project) -> None:
    def is_well() -> bool:
        return bool(told(f"{WEB}/api/health")["status"] == "ok")

    wait_until(is_well, "health without a reason", 90)
    assert b"<title>" in fetched(WEB)


def test_flower_knows_the_worker_and_its_tasks(project: Project) -> None:
    # Asked anew: what it was told when it began was told before the worker was there.
    workers = told(f"{FLOWER}/api/workers?refresh=1", flower(project))
    (worker,) = workers.values()
    assert {"update-balance", "fetch-market-data", "canary"} <= set(
        worker["registered"]
    )
    assert b"flower_events_total" in fetched(f"{FLOWER}/metrics")


def test_the_worker_takes_no_pickle(project: Project) -> None:
    # S7: what is not JSON is rejected before it is read.
    assert status(f"{FLOWER}/healthcheck") == 200
    code = (
        "from threet.celery_services.app import make_app\n"
        "from threet import bootstrap\n"
        "app = make_app(bootstrap.celery_settings('x'), bootstrap.worker_parts)\n"
        "app.conf.task_serializer = 'pickle'\n"
        "app.send_task('canary', kwargs={})\n"
    )
    project.execute("celery_worker", "python", "-c", code)

    def is_refused() -> bool:
        said = project.compose("logs", "--no-log-prefix", "celery_worker")
        return "Refusing to deserialize" in said or "ContentDisallowed" in said

    wait_until(is_refused, "the refusal", 30)
