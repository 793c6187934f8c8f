"""Real processes on a real Valkey, against the exchange's own limiter."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from hlsim.server.settings import Limits, Settings
from hlsim.testing import Served, serving
from tests.integration.access.door import SkippedClock
from tests.servers import ValkeyServer
from threet.adapters.hyperliquid.rest import HyperliquidReader
from threet.adapters.redis_state.rate_budget import RedisRateBudget
from threet.adapters.system_clock import SystemClock
from threet.bootstrap import access
from threet.config.settings import load
from threet.model.errors import BudgetSpentError
from threet.ports.rate_budget import Priority
from threet.resilience.access_policy import RequestClass, Surroundings
from threet.resilience.exchange_manager import ExchangeManager
from threet.resilience.guarded_reader import Request
from threet.resilience.local_share import BudgetWithLocalShare

TIMES = "50"


@pytest.fixture
def limited() -> Iterator[Served]:
    """1200 a minute, as the exchange has it; refilled by 20 a second."""
    settings = Settings(symbols=5, history_days=0, limits=Limits(ip_weight=1200))
    with serving(settings) as served:
        yield served


def hammering(
    folder: Path, served: Served, valkey: ValkeyServer
) -> subprocess.Popen[str]:
    settings = {
        "THREET_REDIS__HOST": "127.0.0.1",
        "THREET_REDIS__PORT": str(valkey.port),
        "THREET_EXCHANGES__HYPERLIQUID__REST_URL": served.url,
    }
    source = Path(__file__).parents[3]
    path = os.pathsep.join([str(source), str(source / "src")])
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.access.hammer", TIMES],
        env={**os.environ, **settings, "PYTHONPATH": path},
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def outcomes(process: subprocess.Popen[str]) -> Mapping[str, int]:
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    found: Mapping[str, int] = json.loads(told)
    return found


def test_o9_f36_two_processes_share_the_budget_and_none_is_told_429(
    limited: Served,
    valkey: ValkeyServer,
    valkey_client: "redis.Redis",
    tmp_path: Path,
) -> None:
    both = [hammering(tmp_path, limited, valkey) for _ in range(2)]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [outcomes(process) for process in both]
    assert [one["seen_429"] for one in told] == [0, 0]
    # 58 catalogues of weight 20 fit into the 1164 that they may use.
    assert sum(one.get("answered", 0) for one in told) == 58
    a_cancel_goes_through(limited, valkey_client)


def a_cancel_goes_through(limited: Served, client: "redis.Redis") -> None:
    """A catalogue is not asked any more; a cancel is, and is answered."""
    clock = SystemClock()
    exchange = HyperliquidReader(url=limited.url, clock=clock, timeout_secs=5)
    manager = ExchangeManager(
        exchange=exchange,
        budget=RedisRateBudget(client),
        clock=clock,
        surroundings=Surroundings(lock=threading.RLock(), wait=lambda _: None),
    )
    with pytest.raises(BudgetSpentError):
        manager.get_exchange().products()
    request = Request(name="cancel", weight=2)
    # Any question of this weight: what counts is that the limiter lets it pass.
    for _ in range(5):
        assert manager.execute_with_retry(
            exchange.server_ms, RequestClass.CANCELS, request
        )
    assert "errors_rate_limit" not in manager.figures()
    exchange.close()


class Shared:
    def __init__(self, valkey: ValkeyServer, clock: SkippedClock, name: str) -> None:
        self.redis = redis.Redis(port=valkey.port, retry=Retry(NoBackoff(), 1))
        self.shared = RedisRateBudget(self.redis, run_id=name)
        self.budget = BudgetWithLocalShare(
            self.shared, clock=clock, lock=threading.Lock(), local_limit=120
        )


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[ValkeyServer]:
    server = ValkeyServer(tmp_path)
    server.start()
    yield server
    server.kill()


def test_r1_without_redis_there_is_a_share_and_with_it_the_shared_budget_again(
    mortal: ValkeyServer,
) -> None:
    clock = SkippedClock()
    one = Shared(mortal, clock, "one")
    assert one.budget.take(1000) == 0
    mortal.kill()
    # Nearly the minute whose use nobody knows; what passes meanwhile is real time.
    assert one.budget.take(20) > 50
    assert one.budget.take(3, priority=Priority.CANCEL) == 0
    assert not one.budget.state().is_shared
    mortal.start()
    clock.skip(3)
    # It forgot the thousand; whoever knew it before does not believe it.
    assert one.budget.take(20) > 0
    state = one.budget.state()
    assert state.is_shared
    assert state.used_by[Priority.CANCEL] == 3
    assert state.left_for[Priority.DATA] == 0
    assert one.budget.take(2, priority=Priority.CANCEL) == 0


def test_r1_a_cancel_waits_seconds_at_most_for_a_redis_that_hangs(
    mortal: ValkeyServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # no configuration of this machine
    environment = {
        "THREET_REDIS__HOST": "127.0.0.1",
        "THREET_REDIS__PORT": str(mortal.port),
    }
    clock = SystemClock()
    budget = access.budget(load(environment=environment), clock)
    assert budget.take(1, priority=Priority.CANCEL) == 0
    os.kill(mortal.pid, signal.SIGSTOP)
    began = clock.monotonic()
    assert budget.take(1, priority=Priority.CANCEL) == 0
    assert budget.take(1, priority=Priority.CANCEL) == 0
    assert clock.monotonic() - began < 5
    assert not budget.state().is_shared


def test_r1_a_memory_that_was_lost_counts_as_used_up_once(
    valkey: ValkeyServer, valkey_client: "redis.Redis"
) -> None:
    clock = SkippedClock()
    first, second = (Shared(valkey, clock, name) for name in ("first", "second"))
    for one in (first, second):
        assert one.budget.take(20) == 0
    valkey_client.flushall()
    newcomer = Shared(valkey, clock, "newcomer")
    assert newcomer.budget.take(20) == 0  # it cannot know
    for one in (first, second):
        assert one.budget.take(20) > 0
    assert first.budget.state().used == 20 + 1104
    assert newcomer.budget.take(20) > 0


def test_networks_have_budgets_of_their_own(valkey_client: "redis.Redis") -> None:
    test, main = (
        RedisRateBudget(valkey_client, network=name) for name in ("testnet", "mainnet")
    )
    assert test.take(1100) == 0
    assert main.take(1100) == 0
    assert test.take(100) > 0


def test_many_threads_take_no_weight_twice(valkey_client: "redis.Redis") -> None:
    budget, taken = RedisRateBudget(valkey_client), list[float]()

    def work() -> None:
        for _ in range(40):
            taken.append(budget.take(10))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken.count(0) == 110
