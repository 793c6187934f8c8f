"""The whole back end as real processes: MariaDB, Valkey, hlsim, worker, beat."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis

from tests.servers import MariaDbServer, ValkeyServer, free_port, wait_until

ADDRESS = "0x" + "37" * 20
_QUICK = {
    "UPDATE_BALANCE": "1",
    "SCHEDULE_MARKET_DATA": "1",
    "REWARM_MARKET_DATA": "1",
    "RELAY_OUTBOX": "1",
    "CHECK_EXCHANGE_HEALTH": "1",
    "CANARY": "1",
}


@dataclass
class Backend:
    folder: Path
    mariadb: MariaDbServer
    valkey: ValkeyServer
    exchange_url: str
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def redis(self) -> redis.Redis:
        return redis.Redis(port=self.valkey.port)

    def environment(self, **more: str) -> Mapping[str, str]:
        wanted = {
            "DATABASE__HOST": "127.0.0.1",
            "DATABASE__PORT": str(self.mariadb.port),
            "DATABASE__USER": "root",
            "DATABASE__NAME": "t",
            "REDIS__HOST": "127.0.0.1",
            "REDIS__PORT": str(self.valkey.port),
            "EXCHANGES__HYPERLIQUID__NETWORK": "simulator",
            "EXCHANGES__HYPERLIQUID__REST_URL": self.exchange_url,
            "EXCHANGES__HYPERLIQUID__WALLET_ADDRESS": ADDRESS,
            "MARKET_DATA__HOT_CANDLES": "60",
            **{f"CELERY__SCHEDULES__{name}": secs for name, secs in _QUICK.items()},
            **more,
        }
        ours = {f"THREET_{name}": value for name, value in wanted.items()}
        # Warnings of the libraries are theirs; ours are errors in the other tests.
        return {**os.environ, **ours, "PYTHONSAFEPATH": "1"}

    def start(self, name: str, module: str, **more: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", module],
                env=self.environment(**more),
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def kill_all(self) -> None:
        for name in list(self.running):
            self.kill(name)

    def figures(self, name: str) -> Mapping[str, int]:
        """What the process last said of itself on the board."""
        row = self.redis.hget("processes:alive", name) or b'{"figures": {}}'
        figures: Mapping[str, int] = json.loads(row)["figures"]
        return figures

    def stop(self, name: str) -> int:
        """SIGTERM; returns the exit code."""
        process = self.running.pop(name)
        process.terminate()
        return process.wait(30)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def count(self, table: str) -> int:
        number = self.mariadb.execute(f"SELECT COUNT(*) FROM t.{table}")[0][0]  # noqa: S608
        assert isinstance(number, int)
        return number

    def until(self, is_so: Callable[[], bool], what: str, secs: float = 90) -> None:
        try:
            wait_until(is_so, what, secs)
        except TimeoutError as error:
            logs = "\n".join(
                f"--- {name}\n{self.log(name)[-3000:]}" for name in self.running
            )
            raise TimeoutError(f"{error}\n{logs}") from None


@pytest.fixture(scope="module")
def hlsim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a simulated exchange with one account that holds BTC."""
    folder = tmp_path_factory.mktemp("hlsim")
    port = free_port()
    command = [
        *(sys.executable, "-m", "hlsim.cli", "serve", "--market", "synthetic"),
        *("--port", str(port), "--seed", "7", "--symbols", "30"),
        *("--account", f"{ADDRESS}=10000", "--position", f"{ADDRESS}:BTC=0.05@104200"),
        # Each test has a Redis, and so a budget, of its own; together they may exceed.
        *("--ip-weight", "0"),
    ]
    with (folder / "hlsim.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(20)


@pytest.fixture
def backend(tmp_path: Path, hlsim: str) -> Iterator[Backend]:
    """Servers of this test's own, so that it may kill them; an empty database "t"."""
    with ExitStack() as held:
        mariadb = MariaDbServer(tmp_path / "mariadb")
        valkey = ValkeyServer(tmp_path / "valkey")
        for server in (mariadb, valkey):
            held.callback(server.kill)
            server.start()
        mariadb.create_database("t")
        made = Backend(tmp_path, mariadb, valkey, hlsim)
        held.callback(made.kill_all)
        yield made
