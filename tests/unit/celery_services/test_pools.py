"""The thread pool that grows and shrinks."""

from collections.abc import Iterator
from threading import Barrier, Event, Thread

import pytest
from celery import Celery

from tests.servers import wait_until
from threet.celery_services.pools import GrowingThreadPool


@pytest.fixture
def pool() -> Iterator[GrowingThreadPool]:
    made = GrowingThreadPool(2, app=Celery(set_as_current=False))
    made.start()
    yield made
    made.stop()


def living(pool: GrowingThreadPool) -> int:
    return len(pool._threads)


def test_as_many_jobs_run_at_once_as_the_pool_has_threads(
    pool: GrowingThreadPool,
) -> None:
    pool.grow(3)
    together = Barrier(6)  # five jobs and this test
    for _ in range(5):
        pool.on_apply(together.wait, (10,))
    together.wait(10)
    assert pool.num_processes == 5


def test_a_shrunk_pool_lets_its_work_finish_and_ends_threads(
    pool: GrowingThreadPool,
) -> None:
    done: list[int] = []
    pool.grow(2)
    for number in range(40):
        pool.on_apply(done.append, (number,))
    pool.shrink(3)
    wait_until(lambda: living(pool) == 1, "one thread left", secs=10)
    wait_until(lambda: len(done) == 40, "all jobs", secs=10)
    assert pool.num_processes == 1


def test_the_last_thread_stays(pool: GrowingThreadPool) -> None:
    pool.shrink(9)
    ran = Event()
    pool.on_apply(ran.set)
    assert ran.wait(10)
    assert pool.num_processes == 1


def test_stopping_waits_for_the_work_under_way(pool: GrowingThreadPool) -> None:
    started, go_on, done = Event(), Event(), Event()

    def work() -> None:
        started.set()
        go_on.wait(10)
        done.set()

    pool.on_apply(work)
    started.wait(10)
    go_on.set()
    pool.stop()
    assert done.is_set()
    assert living(pool) == 0


def test_stopping_does_not_wait_for_ever(pool: GrowingThreadPool) -> None:
    started, go_on = Event(), Event()

    def hangs() -> None:
        started.set()
        go_on.wait(30)

    pool.on_apply(hangs)
    started.wait(10)
    pool.stop_secs = 0.05
    stopping = Thread(target=pool.stop, daemon=True)
    stopping.start()
    stopping.join(10)
    assert not stopping.is_alive()
    go_on.set()


def test_a_job_that_fails_costs_no_thread(pool: GrowingThreadPool) -> None:
    def fails() -> None:
        raise SystemExit

    ran = Event()
    for _ in range(4):
        pool.on_apply(fails)
    pool.on_apply(ran.set)
    assert ran.wait(10)
    assert living(pool) == 2
