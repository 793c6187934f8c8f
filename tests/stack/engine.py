"""A compose project of its own on the Docker there is: a copy of this repository.

The copy has its own passwords, ports, image and volumes: a stack that runs on the same
machine is not touched.
"""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
NAME = "threet-test"
PORTS = {
    "WEB_PORT": 28080,
    "GRAFANA_PORT": 23000,
    "JAEGER_PORT": 36686,
    "KIBANA_PORT": 25601,
    "FLOWER_PORT": 25555,
    "PROMETHEUS_PORT": 29090,
    "ALERTMANAGER_PORT": 29093,
    "ELASTICSEARCH_PORT": 29200,
    "OTLP_PORT": 24318,
}
# One holds, the other changes its mind nearly every minute.
RUNS: Mapping[str, Any] = {
    "strategies": [
        {
            "name": "holder",
            "strategy": "buy_and_hold",
            "parameters": {"symbol": "SOL", "timeframe": "1m", "weight": 0.2},
        },
        {
            "name": "nervous",
            "strategy": "rsi_reversion",
            "parameters": {
                "symbol": "XRP",
                "timeframe": "1m",
                "period": 2,
                "low": 45,
                "high": 55,
                "weight": 0.05,
            },
        },
    ]
}
_KIND = "threet.standin.kind"
_LOOK_EVERY_SECS = 0.5


class Project:
    """``docker compose`` and ``make`` in the copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = ["docker-compose.yml"]
        self.variables: dict[str, str] = {}
        self.said_at_init = ""

    def prepare(self) -> None:
        """Copy what git knows, make the passwords, see which images are stand-ins."""
        _copy_repository(self.folder)
        lines = [f"{name}={port}" for name, port in PORTS.items()]
        env = self.folder / ".env"
        env.write_text("\n".join([*lines, "THREET_IMAGE=threet:test", ""]))
        config = self.folder / "config.yml"
        config.write_text(f"{config.read_text()}\n{yaml.safe_dump(RUNS)}")
        init = ["-m", "threet.cli.main", "init", "--trading"]
        self.said_at_init = self._run([sys.executable, *init])
        self.variables = dict(_assignments(env.read_text()))
        images = self.service_images()
        if self.kind_of(images["alertmanager"]) != "official":
            self.files.append("tests/stack/standins.yml")

    @property
    def command(self) -> list[str]:
        files = [word for file in self.files for word in ("-f", file)]
        return ["docker", "compose", "-p", NAME, *files]

    def compose(self, *words: str, text: str | None = None) -> str:
        return self._run([*self.command, *words], text)

    def make(self, *words: str) -> str:
        """A target of the Makefile on this project; nothing is set up for it."""
        command = ["make", "-s", "-o", "setup", f"BIN={Path(sys.executable).parent}"]
        command.append(f"COMPOSE={shlex.join(self.command)}")
        return self._run([*command, *words])

    def execute(self, service: str, *words: str, text: str | None = None) -> str:
        return self.compose("exec", "-T", service, *words, text=text)

    def containers(self) -> Mapping[str, Any]:
        """What Docker knows of each, by service."""
        ids = self.compose("ps", "-aq").split()
        if not ids:
            return {}
        label = "com.docker.compose.service"
        found = json.loads(self._run(["docker", "inspect", *ids]))
        return {one["Config"]["Labels"][label]: one for one in found}

    def state_of(self, service: str) -> str:
        state = self.containers()[service]["State"]
        return str(state.get("Health", {}).get("Status", state["Status"]))

    def memory(self) -> str:
        """What each container uses now, a line each."""
        form = "{{.Name}} {{.MemUsage}}"
        ids = self.compose("ps", "-q").split()
        return self._run(["docker", "stats", "--no-stream", "--format", form, *ids])

    def is_well(self) -> bool:
        """Everything is there, healthy or ended as it should."""
        containers = self.containers()
        wanted = self.compose("config", "--services").split()
        return set(containers) == set(wanted) and all(
            one["State"].get("Health", {}).get("Status", "healthy") == "healthy"
            and (one["State"]["Running"] or one["State"]["ExitCode"] == 0)
            for one in containers.values()
        )

    def complaints(self) -> str:
        """The last words of whatever does not do well."""
        good = ("healthy", "exited")
        bad = [name for name in self.containers() if self.state_of(name) not in good]
        return self.compose("logs", "--tail", "8", *bad) if bad else ""

    def until_healthy(self, service: str, secs: float = 120) -> None:
        wait_until(lambda: self.state_of(service) == "healthy", f"{service}", secs)

    def kill(self, service: str) -> None:
        """SIGKILL, as by the kernel; Docker is not the one who did it, if we may."""
        container = self.containers()[service]
        try:
            os.kill(container["State"]["Pid"], signal.SIGKILL)
        except PermissionError:
            self.compose("kill", service)
            self.compose("start", service)

    def service_images(self) -> Mapping[str, str]:
        config = json.loads(
            self.compose("--profile", "*", "config", "--format", "json")
        )
        return {name: one["image"] for name, one in config["services"].items()}

    def kind_of(self, image: str) -> str:
        """ "official", or what a stand-in says that it is: real, mixed, fake."""
        command = ["docker", "image", "inspect", image]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return "official"
        labels = json.loads(done.stdout)[0]["Config"].get("Labels") or {}
        return str(labels.get(_KIND, "official"))

    def is_fake(self, service: str) -> bool:
        return self.kind_of(self.service_images()[service]) == "fake"

    def sql(self, statement: str, user: str = "root") -> list[list[str]]:
        """By the client in MariaDB's own container; raises when it is refused."""
        password = self.variables[f"MARIADB_{user.upper()}_PASSWORD"]
        login = ["env", f"MYSQL_PWD={password}", "mariadb", f"--user={user}"]
        if user != "root":
            login += ["--host=127.0.0.1", "--protocol=tcp"]
        options = ["--batch", "--skip-column-names", "threet", "-e", statement]
        said = self.execute("mariadb", *login, *options)
        return [line.split("\t") for line in said.splitlines()]

    def redis(self, *words: str) -> str:
        login = ["env", f"REDISCLI_AUTH={self.variables['REDIS_PASSWORD']}"]
        return self.execute("redis", *login, "redis-cli", "--raw", *words)

    def _run(self, command: Sequence[str], text: str | None = None) -> str:
        done = subprocess.run(
            command,
            input=text,
            stdin=None if text is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env=_environment(),
        )
        if done.returncode:
            shown = " ".join(map(str, command[-4:]))
            raise AssertionError(
                f"{shown}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
            )
        return done.stdout


def wait_until(is_so: Callable[[], bool], what: str, secs: float) -> None:
    """A condition is waited for, never a length of time."""
    deadline = time.monotonic() + secs
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {secs:.0f} s for: {what}")
        time.sleep(_LOOK_EVERY_SECS)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _environment() -> dict[str, str]:
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("THREET_", "COMPOSE_", "MAKE", "MFLAGS"))
    }
    return {**clean, "PYTHONPATH": str(ROOT / "src")}


def _copy_repository(folder: Path) -> None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
    for name in done.stdout.decode().split("\0"):
        source = ROOT / name
        if not name or not source.is_file():
            continue
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        # The containers' user is another than ours, whatever our umask says.
        target.chmod(target.stat().st_mode | 0o444)
    for path in (folder, *folder.rglob("*/")):
        path.chmod(0o755)


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, separator, value = line.partition("=")
        if separator and not name.startswith("#"):
            yield name, value.strip("'")
