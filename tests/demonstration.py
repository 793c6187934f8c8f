"""A running `3t demo` of the tests: real processes, asked, killed and stopped."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.servers import free_port

COMMAND = (sys.executable, "-m", "threet.cli.main")
PLATFORM = {
    "price_stream_producer",
    "price_stream_consumer",
    "example_balance_consumer",
    "celery_worker",
    "celery_beat",
    "trader",
    "order_gateway",
}


class Demo:
    """A running `3t demo`, its page, and the processes below it."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.options = options
        self.environment = environment
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None

    def command(self) -> list[str]:
        return [*COMMAND, "demo", "--symbols", "40", *self.options]

    def start(self) -> None:
        place = ("--port", str(self.port), "--data-dir", str(self.folder))
        self.process = subprocess.Popen(
            [*self.command(), "--no-browser", *place],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment and {**os.environ, **self.environment},
        )

    def stop(self, sign: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        assert self.process is not None
        self.process.send_signal(sign)
        said, _ = self.process.communicate(timeout=60)
        return self.process.returncode, said

    def api(self, path: str) -> Any:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.port}/api/{path}", timeout=10
        ) as answer:
            return json.load(answer)

    def until(self, is_so: Callable[[], bool], what: str, secs: float = 120) -> float:
        """Look until it is so; returns how long that took."""
        began = time.monotonic()
        while time.monotonic() - began < secs:
            try:
                if is_so():
                    return time.monotonic() - began
            except OSError:
                pass  # the page is not there, or says 503
            time.sleep(0.1)
        pytest.fail(f"not within {secs} s: {what}\n{self.logs()}")

    def logs(self) -> str:
        files = sorted(self.folder.glob("*/logs/*.log"))
        return "\n".join(f"== {file.name}\n{file.read_text()[-800:]}" for file in files)

    def pids(self) -> dict[str, int]:
        return {
            one["name"]: one["pid"]
            for one in self.api("health")["processes"]
            if one["state"] == "alive"
        }

    def stored_bars(self, symbol: str) -> int:
        """Closed bars in the database; 0 while there is none to read."""
        query = (
            "SELECT count(*) FROM candles JOIN products ON products.id = product_id "
            "WHERE symbol = ?"
        )
        with closing(sqlite3.connect(self.folder / "simulator" / "threet.db")) as file:
            count: int = file.execute(query, (symbol,)).fetchone()[0]
        return count

    def running(self, program: str) -> list[int]:
        assert self.process is not None
        below = children_of(self.process.pid)
        return [pid for pid in below if program in command_of(pid)]

    def is_complete(self) -> bool:
        return set(self.pids()) >= PLATFORM


def children_of(pid: int) -> set[int]:
    """Every process below it, however deep."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        if stat := _told_of(folder, "stat"):
            parent = int(stat.rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(folder.name))
    found, todo = set[int](), [pid]
    while todo:
        below = parents.get(todo.pop(), [])
        found.update(below)
        todo.extend(below)
    return found


def command_of(pid: int) -> str:
    return _told_of(Path(f"/proc/{pid}"), "cmdline")


def _told_of(process: Path, file: str) -> str:
    """ "" of one that has ended, also between two looks at it."""
    try:
        return (process / file).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def living(pids: set[int]) -> set[int]:
    return {pid for pid in pids if Path(f"/proc/{pid}/cmdline").exists()}
