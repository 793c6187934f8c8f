"""The health check of a container: what one process last said, and how long ago."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from tests.servers import ValkeyServer
from threet.adapters.redis_streams.address import RedisAddress
from threet.adapters.redis_streams.beat_check import PROCESSES, last_beat_ms
from threet.adapters.redis_streams.blocking_board import BlockingBoard
from threet.adapters.system_clock import SystemClock
from threet.cli import alive
from threet.model.errors import DependencyError
from threet.model.times import PROCESS_DEAD_AFTER_MS

NAME = "price_stream_consumer"


class EarlierClock(SystemClock):
    def now_ms(self) -> int:
        return super().now_ms() - PROCESS_DEAD_AFTER_MS - 1000


def beat(client: "redis.Redis", clock: SystemClock) -> None:
    board = BlockingBoard(redis=client, clock=clock, name=NAME, pid=1)
    board.beat({"delivered": 3})


def verdict(
    valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch, name: str = NAME
) -> object:
    """None when the process counts as alive, else the reason why not."""
    monkeypatch.setenv("THREET_REDIS__HOST", "127.0.0.1")
    monkeypatch.setenv("THREET_REDIS__PORT", str(valkey.port))
    monkeypatch.setattr(sys, "argv", ["alive", name])
    with pytest.raises(SystemExit) as ended:
        alive.main()
    return ended.value.code


def test_a_process_that_just_beat_is_alive(
    valkey: ValkeyServer, valkey_client: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    beat(valkey_client, SystemClock())
    assert verdict(valkey, monkeypatch) is None


def test_one_that_beat_too_long_ago_is_not(
    valkey: ValkeyServer, valkey_client: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    beat(valkey_client, EarlierClock())
    told = re.search(r"lives (\d+) s ago", str(verdict(valkey, monkeypatch)))
    assert told is not None
    assert int(told[1]) >= 16  # and what passes until it is asked


def test_one_that_never_beat_is_not_for_the_beats_of_others(
    valkey: ValkeyServer, valkey_client: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    beat(valkey_client, SystemClock())
    assert "has not said" in str(verdict(valkey, monkeypatch, "celery_worker"))


def test_without_redis_nobody_is_known_to_live(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DependencyError, match="redis"):
        last_beat_ms(RedisAddress(host="127.0.0.1", port=1), NAME, 1.0)


def test_a_wrong_password_and_an_unreadable_row_are_told(
    valkey: ValkeyServer, valkey_client: "redis.Redis"
) -> None:
    wrong = "no-such-word"
    address = RedisAddress(host="127.0.0.1", port=valkey.port, password=wrong)
    with pytest.raises(DependencyError) as refused:
        last_beat_ms(address, NAME, 1.0)
    assert wrong not in str(refused.value)
    valkey_client.hset(PROCESSES, NAME, b"{}")
    with pytest.raises(DependencyError, match="cannot be read"):
        last_beat_ms(RedisAddress(host="127.0.0.1", port=valkey.port), NAME, 1.0)


def test_the_check_loads_no_library_of_size(tmp_path: Path) -> None:
    # It runs every ten seconds for every process.
    code = (
        "import sys, threet.cli.alive\n"
        "heavy = {'redis', 'pydantic', 'structlog', 'sqlalchemy', 'aiohttp', 'yaml'}\n"
        "sys.exit(','.join(heavy & set(sys.modules)) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stderr
