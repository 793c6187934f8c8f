"""Two beats tick as one, and a worker that consumes nothing is told to be silent."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, cast

import pytest
import urllib3

from tests.fault_proxy import FaultProxy, Weather
from tests.integration.celery.conftest import Backend
from tests.integration.celery.proxied import proxied
from tests.integration.celery.test_flow import BEAT, WORKER, migrated
from tests.servers import free_port

pytestmark = pytest.mark.slow


def canaries(backend: Backend) -> Sequence[str]:
    """Who sent each canary that waits in the queue."""
    rows = cast("list[bytes]", backend.redis.lrange("celery", 0, -1))
    headers = [json.loads(row)["headers"] for row in rows]
    return [str(one["origin"]) for one in headers if one["task"] == "canary"]


def test_c2_of_two_beats_each_entry_ticks_once(backend: Backend) -> None:
    backend.start("beat", BEAT)
    backend.start("second", BEAT)
    backend.until(lambda: len(canaries(backend)) >= 6, "six canaries")
    assert len(set(canaries(backend))) == 1
    # Whoever may tick sends every entry once at its start; the other one waits.
    ticking = [
        name for name in ("beat", "second") if "task_sent_at_start" in backend.log(name)
    ]
    assert len(ticking) == 1


def test_c3_f53_a_worker_that_lives_and_consumes_nothing_is_told_and_ends_itself(
    backend: Backend,
) -> None:
    """What Redis answers vanishes: Celery waits for it for ever, even once it would
    pass again. Whoever supervises the worker starts it anew when it has ended."""
    migrated(backend)
    port = free_port()
    with proxied(backend.valkey.port) as proxy:
        backend.start("worker", WORKER, REDIS__PORT=str(proxy.port))
        backend.start("beat", BEAT)
        backend.start("web", "threet.web", WEB__PORT=str(port))
        backend.until(lambda: state_of(port, "celery_worker") == "alive", "its health")
        proxy.act(half_open)
        backend.until(
            lambda: state_of(port, "celery_worker") == "dead", "the alarm", secs=90
        )
        # It lives: it ends itself some seconds after it was missed.
        assert backend.running["worker"].poll() is None
        # Before it may beat again, by a way of its own to Redis.
        assert_status_tells(backend)
        proxy.act(passing)
        backend.until(
            lambda: backend.running["worker"].poll() is not None, "its end", secs=40
        )
        backend.start("worker", WORKER, REDIS__PORT=str(proxy.port))
        backend.until(lambda: state_of(port, "celery_worker") == "alive", "it is well")


def half_open(proxy: FaultProxy) -> None:
    proxy.weather = Weather(is_half_open=True)


def passing(proxy: FaultProxy) -> None:
    proxy.weather = Weather()


def assert_status_tells(backend: Backend) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "threet.cli.main", "status"],
        env=backend.environment(),
        cwd=backend.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert "celery_worker" in told.stdout.partition("Not alive: ")[2]


def state_of(port: int, name: str) -> str | None:
    try:
        answer = urllib3.request("GET", f"http://127.0.0.1:{port}/api/health")
    except urllib3.exceptions.HTTPError:
        return None
    processes: Sequence[dict[str, Any]] = answer.json()["processes"]
    return next((str(one["state"]) for one in processes if one["name"] == name), None)
