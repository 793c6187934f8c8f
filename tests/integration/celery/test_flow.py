"""The flows of candles and balances through real workers, and what they survive."""

import os
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pytest
from kombu import Connection, Exchange, Queue

from tests.integration.celery.conftest import ADDRESS, Backend
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate
from threet.bootstrap import CelerySettings
from threet.celery_services.app import make_app

pytestmark = pytest.mark.slow

WORKER = "threet.celery_services.worker"
BEAT = "threet.celery_services.beat"
BEAT_LOCK = "threet:redbeat::lock"


def migrated(backend: Backend) -> None:
    engine = make_engine(f"mariadb://root@127.0.0.1:{backend.mariadb.port}/t")
    migrate(engine)
    engine.dispose()


def send(backend: Backend, task: str, *arguments: object) -> None:
    settings = CelerySettings(
        broker_url=backend.valkey.url,
        schedules={},
        pool="threads",
        autoscale=(2, 1),
        log_level="INFO",
    )
    app = make_app(settings, no_parts)
    app.send_task(task, arguments)
    app.close()


def no_parts() -> NoReturn:
    raise AssertionError("whoever sends runs no task")


def is_alive(backend: Backend, name: str) -> bool:
    return backend.redis.hexists("processes:alive", name)


def until_published(backend: Backend) -> None:
    """All the news there are now: others are filed meanwhile, each second."""
    newest = backend.mariadb.execute("SELECT COALESCE(MAX(id), 0) FROM t.outbox")[0][0]
    waiting = f"SELECT COUNT(*) FROM t.outbox WHERE id <= {newest}"  # noqa: S608
    backend.until(
        lambda: backend.mariadb.execute(waiting)[0][0] == 0, "all news published"
    )


def is_connected(pid: int) -> bool:
    """To Redis: the imports of a process take longer than what is measured of it."""
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since
            if os.readlink(one).startswith("socket:"):
                return True
    return False


def test_candles_and_balances_flow_and_end_in_order(backend: Backend) -> None:
    migrated(backend)
    backend.start("worker", WORKER)
    backend.start("beat", BEAT)
    backend.until(lambda: backend.count("balance_history") >= 3, "three balances")
    backend.until(lambda: backend.count("candles") >= 300, "candles of five pairs")
    backend.until(lambda: backend.count("market_data") >= 300, "a hot cache")
    held = backend.mariadb.execute(
        "SELECT symbol, quantity, leverage, margin_mode FROM t.positions"
    )
    assert [(row[0], str(row[1]).rstrip("0")) for row in held] == [("BTC", "0.05")]
    until_published(backend)
    newest = backend.redis.xrevrange("balance:updated", count=1)
    assert ADDRESS in str(newest)
    assert backend.redis.xlen("positions:updated") >= 3
    assert is_alive(backend, "celery_worker")
    assert is_alive(backend, "celery_beat")
    assert backend.figures("celery_worker").get("fetch_failed", 0) == 0
    assert backend.stop("beat") == 0
    assert backend.stop("worker") == 0
    assert "Traceback" not in backend.log("worker") + backend.log("beat")


@pytest.mark.parametrize("pool", ["prefork", "eventlet", "solo"])
def test_the_other_pools_run_tasks_too(backend: Backend, pool: str) -> None:
    migrated(backend)
    send(backend, "update-balance")
    send(backend, "fetch-market-data", "kPEPE", "1m")
    backend.start("worker", WORKER, CELERY__POOL=pool, CELERY__AUTOSCALE="[4, 2]")
    backend.until(lambda: backend.count("balance_history") == 1, "a balance")
    backend.until(lambda: backend.count("candles") > 50, "candles")
    assert backend.stop("worker") == 0
    assert backend.redis.xlen("balance:updated") == 1


def test_d1_a_database_that_comes_late_or_falls_over_costs_nothing(
    backend: Backend,
) -> None:
    migrated(backend)
    backend.mariadb.kill()
    backend.start("worker", WORKER)
    backend.start("beat", BEAT)
    backend.until(lambda: is_alive(backend, "celery_worker"), "a worker at work")
    backend.mariadb.start()
    backend.until(lambda: backend.count("balance_history") >= 1, "a balance")
    backend.until(lambda: backend.count("candles") > 50, "candles")
    before = backend.count("candles")
    backend.mariadb.restart()
    backend.until(lambda: backend.count("market_data") > 50, "a cache warm again")
    backend.until(lambda: backend.count("candles") > before, "more candles")
    balances = backend.count("balance_history")
    backend.until(lambda: backend.count("balance_history") > balances, "a balance")
    until_published(backend)
    assert backend.count("candles") >= before


def test_c1_a_worker_killed_at_work_is_replaced_without_a_doubled_effect(
    backend: Backend,
) -> None:
    migrated(backend)
    backend.start("beat", BEAT)
    backend.start("worker", WORKER)
    backend.until(lambda: backend.count("candles") > 50, "candles")
    backend.kill("worker")
    backend.start("worker", WORKER)
    before = backend.count("balance_history")
    backend.until(lambda: backend.count("balance_history") > before, "a balance")
    # Killed or not, each reading is one row and each bar one row: the keys say so.
    assert backend.count("candles") > 50


def test_c2_f55_a_killed_beat_is_replaced_within_30_secs(
    backend: Backend,
) -> None:
    migrated(backend)
    backend.start("worker", WORKER)
    backend.start("beat", BEAT)
    backend.until(lambda: backend.count("balance_history") >= 1, "a balance")
    backend.start("second", BEAT)
    second = backend.running["second"].pid
    backend.until(lambda: is_connected(second), "a second beat that waits")
    first = backend.redis.get(BEAT_LOCK)
    assert first is not None
    backend.kill("beat")
    # Who holds it sends; how slow the worker is then is no matter of the beat.
    backend.until(
        lambda: backend.redis.get(BEAT_LOCK) not in {None, first},
        "the second beat",
        secs=30,
    )
    before = backend.count("balance_history") + 1  # one may be on its way
    backend.until(lambda: backend.count("balance_history") > before, "its balances")
    assert is_alive(backend, "celery_beat")


def test_redis_emptied_is_no_reason_to_fetch_again(backend: Backend) -> None:
    migrated(backend)
    send(backend, "fetch-market-data", "BTC", "1h")
    backend.start("worker", WORKER)
    backend.until(lambda: backend.count("candles") > 50, "candles")
    backend.until(lambda: backend.redis.exists("threet:fetched:BTC:1h") == 1, "memory")
    backend.redis.delete("threet:fetched:BTC:1h")
    send(backend, "fetch-market-data", "BTC", "1h")

    def is_told() -> bool:
        send(backend, "canary")  # whatever is consumed makes the worker beat
        return backend.figures("celery_worker").get("fetch_not_due") == 1

    backend.until(is_told, "the second fetch")
    assert backend.figures("celery_worker")["fetch_fetched"] == 1
    assert backend.redis.exists("threet:fetched:BTC:1h") == 1


def test_s7_a_pickle_is_not_opened(backend: Backend) -> None:
    migrated(backend)
    with Connection(backend.valkey.url) as connection:
        producer = connection.Producer(serializer="pickle")
        producer.publish(
            [[], {}, None],
            exchange=Exchange("celery"),
            routing_key="celery",
            headers={"task": "canary", "id": "1"},
            declare=[Queue("celery", Exchange("celery"), routing_key="celery")],
        )
    send(backend, "update-balance")
    backend.start("worker", WORKER)
    backend.until(lambda: backend.count("balance_history") == 1, "a balance")
    assert "ContentDisallowed" in backend.log("worker")
