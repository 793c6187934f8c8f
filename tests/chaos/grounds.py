"""What a run of chaos stands on: the demonstration's own servers, or MariaDB."""

import secrets
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.chaos.ledger import Ledger, mariadb_rows, sqlite_rows
from tests.chaos.storm import VICTIMS
from tests.demonstration import COMMAND, Demo
from tests.servers import MariaDbServer, free_port
from threet.adapters.hyperliquid.signing import Signer
from threet.bootstrap.embedded import DEMO_ADDRESS

_PROGRAMS = {
    "valkey": "-server 127.0.0.1",
    "celery_worker": "services.worker",
    "celery_beat": "services.beat",
    "hlsim": "hlsim.cli",
    "trader": "components.trader",
}


class OnSqlite:
    """`3t demo`, whose supervisor starts anew whatever is killed."""

    victims: Sequence[str] = VICTIMS
    numbers_rows = True  # the database knows the order in which they came

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.control_port = free_port()
        self._folder = folder
        option = ("--control-port", str(self.control_port))
        self.demo = Demo(folder, *option, environment=environment)
        self.ledger = Ledger(sqlite_rows(folder / "simulator" / "threet.db"))

    def start(self) -> None:
        self.demo.start()

    def stop(self) -> None:
        if self.demo.process is not None and self.demo.process.poll() is None:
            self.demo.stop()

    def pids(self, victim: str) -> Sequence[int]:
        """None of it while it is away, from the blow before."""
        return self.demo.running(_PROGRAMS.get(victim, victim))

    def revive(self, victim: str) -> None:
        """Its supervisor does."""

    @property
    def exchange_url(self) -> str:
        """As it says itself when it is ready."""
        said = (self._folder / "simulator" / "logs" / "hlsim.log").read_text()
        return said.rpartition("ready on ")[2].split(" ")[0]


class _Up(Demo):
    """`3t up`, on servers that its environment names."""

    def command(self) -> list[str]:
        return [*COMMAND, "up", "--network", "simulator", *self.options]


class OnMariaDb:
    """`3t up` on a MariaDB and an exchange of this run's own."""

    victims: Sequence[str] = (*VICTIMS, "mariadb")
    numbers_rows = False

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.control_port, self._port = free_port(), free_port()
        self._folder = folder
        self._key = "0x" + secrets.token_hex(32)  # of an agent that lives as long
        self._mariadb = MariaDbServer(folder / "mariadb")
        self._hlsim: subprocess.Popen[bytes] | None = None
        named = {
            "DATABASE__HOST": "127.0.0.1",
            "DATABASE__PORT": str(self._mariadb.port),
            "DATABASE__USER": "root",
            "DATABASE__NAME": "chaos",
            "EXCHANGES__HYPERLIQUID__REST_URL": f"http://127.0.0.1:{self._port}",
            "EXCHANGES__HYPERLIQUID__WALLET_ADDRESS": DEMO_ADDRESS,
            "EXCHANGES__HYPERLIQUID__PRIVATE_KEY": self._key,
        }
        ours = {f"THREET_{name}": value for name, value in named.items()}
        self.demo = _Up(folder, environment={**environment, **ours})
        self.ledger = Ledger(mariadb_rows(self._mariadb.port, "chaos"))

    def start(self) -> None:
        self._mariadb.start()
        self._mariadb.create_database("chaos")
        self._start_hlsim()
        self.demo.start()

    def stop(self) -> None:
        """In the order that spares the platform's end a search for its servers."""
        if self.demo.process is not None and self.demo.process.poll() is None:
            self.demo.stop()
        if self._hlsim is not None:
            self._hlsim.kill()
            self._hlsim.wait()
        self._mariadb.kill()

    def pids(self, victim: str) -> Sequence[int]:
        if victim == "mariadb":
            return [self._mariadb.pid]
        if victim == "hlsim":
            assert self._hlsim is not None
            return [self._hlsim.pid]
        return self.demo.running(_PROGRAMS.get(victim, victim))

    def revive(self, victim: str) -> None:
        """Returns when it is there again; of the others the supervisor takes care."""
        if victim == "mariadb":
            self._mariadb.restart()
        elif victim == "hlsim":
            assert self._hlsim is not None
            self._hlsim.wait()
            self._start_hlsim()

    @property
    def exchange_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def _start_hlsim(self) -> None:
        command = [
            *(sys.executable, "-m", "hlsim.cli", "serve", "--market", "synthetic"),
            *("--port", str(self._port), "--control-port", str(self.control_port)),
            *("--symbols", "40", "--seed", "7", "--account", f"{DEMO_ADDRESS}=10000"),
            *("--position", f"{DEMO_ADDRESS}:BTC=0.05@104200"),
            *("--agent", f"{DEMO_ADDRESS}={Signer(self._key, 'b').address}"),
        ]
        with (self._folder / "hlsim.log").open("ab") as log:
            self._hlsim = subprocess.Popen(command, stdout=log, stderr=log)


Ground = OnSqlite | OnMariaDb
GROUNDS: Mapping[str, type[OnSqlite] | type[OnMariaDb]] = {
    "sqlite": OnSqlite,
    "mariadb": OnMariaDb,
}
