"""One child process: started in a group of its own, ended with all it started."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

_log = structlog.get_logger(__name__)
_LOG_BYTES = 5 * 1024 * 1024
_LOG_FILES = 3
_READ_BYTES = 64 * 1024
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """``environment`` is added to this process's own; it may hold secrets.

    ``after_secs``: it begins so long after the others, whose start it would slow down.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    after_secs: float = 0.0


class Child:
    """A started child; its output goes to a log file that is rotated."""

    def __init__(
        self, process: asyncio.subprocess.Process, logging: "asyncio.Task[None]"
    ) -> None:
        self._process = process
        self._logging = logging

    @classmethod
    async def start(cls, spec: ChildSpec, log_file: Path) -> "Child":
        # A pipe of our own: asyncio's would keep `wait` from ending for as long as a
        # grandchild holds it open.
        receiving, sending = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *spec.command,
                env={**os.environ, **spec.environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sending,
                stderr=sending,
                start_new_session=True,
                preexec_fn=_end_with_parent(os.getpid()),
            )
        except BaseException:
            os.close(receiving)
            raise
        finally:
            os.close(sending)
        return cls(process, asyncio.create_task(_keep_log(receiving, log_file)))

    @property
    def pid(self) -> int:
        return self._process.pid

    async def wait(self) -> int:
        """The exit code, after all of the output was kept."""
        code = await self._process.wait()
        # A grandchild may hold the pipe open: its group goes with it.
        self._signal(signal.SIGKILL)
        await asyncio.shield(self._logging)
        return code

    async def stop(self, grace_secs: float) -> None:
        """Ask; after ``grace_secs`` no longer ask."""
        self._signal_leader(signal.SIGTERM)
        try:
            async with asyncio.timeout(grace_secs):
                await self._process.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)

    def _signal_leader(self, sign: signal.Signals) -> None:
        if self._process.returncode is None:
            self._process.send_signal(sign)

    def _signal(self, sign: signal.Signals) -> None:
        """To the whole group: what the child started must not outlive it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, sign)


async def _keep_log(receiving: int, log_file: Path) -> None:
    """To the end of the output. What cannot be written is dropped, never left in the
    pipe: a child whose pipe is full stands still."""
    reader = asyncio.StreamReader(limit=_READ_BYTES)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(receiving, "rb")
    )
    try:
        while chunk := await reader.read(_READ_BYTES):
            try:
                _append(log_file, chunk)
            except OSError as error:
                _log.warning("log_not_written", file=log_file.name, reason=str(error))
    finally:
        transport.close()


def _append(log_file: Path, chunk: bytes) -> None:
    with log_file.open("ab", buffering=0) as log:
        log.write(chunk)
        is_full = log.tell() > _LOG_BYTES
    if is_full:
        _rotate(log_file)


def _rotate(log_file: Path) -> None:
    """``name.log`` becomes ``name.log.1`` and so on; the oldest is dropped."""
    for number in range(_LOG_FILES - 1, 0, -1):
        older = log_file.with_suffix(f".log.{number}")
        if older.exists():
            older.replace(log_file.with_suffix(f".log.{number + 1}"))
    log_file.replace(log_file.with_suffix(".log.1"))


def _end_with_parent(parent: int) -> Callable[[], None] | None:
    """Linux: the kernel ends the child when we are killed and can say nothing more."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return prepare
