"""The note that a running 3T leaves in its folder, for other commands to find."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from threet.bootstrap.settings import make_private, settings_in, settings_of_run
from threet.config.sections import Sections
from threet.model.errors import ConfigurationError

_NAME = "run.json"


class RunNote(msgspec.Struct, frozen=True, kw_only=True):
    """Holds the private Valkey's password: the file is for its owner alone, and no
    message shows it. ``variables`` are the settings in which this run differs from the
    files; ``agent`` signs for it with a key that only the run itself has."""

    pid: int
    page_url: str
    redis_port: int
    redis_password: str
    variables: Mapping[str, str] = {}
    agent: str | None = None

    def __repr__(self) -> str:
        return f"RunNote(pid={self.pid}, page_url={self.page_url!r})"


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; two on one database would undo each other."""
    make_private(folder)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            reason = f"{folder}: another `3t up` or `3t demo` runs on this folder"
            raise ConfigurationError([reason]) from None
        yield


@contextmanager
def announced(folder: Path, note: RunNote) -> Iterator[None]:
    file = folder / _NAME
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(msgspec.json.encode(note))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def found(data_dir: Path) -> list[tuple[str, RunNote]]:
    """Every run whose process still lives, by the name of its network."""
    notes = []
    for file in sorted(data_dir.glob(f"*/{_NAME}")):
        try:
            note = msgspec.json.decode(file.read_bytes(), type=RunNote)
        except (OSError, msgspec.DecodeError):
            continue  # it ended while we looked, or died half way
        if _lives(note.pid):
            notes.append((file.parent.name, note))
    return notes


def settings_here(
    data_dir: Path | None, network: str | None = None
) -> tuple[Sections, RunNote | None]:
    """Those of the 3T that runs in the folder, if one does: a command beside it asks
    the same exchange. Raises ``ConfigurationError``."""
    settings = settings_in(data_dir, network)
    note = dict(found(settings.data_dir)).get(settings.exchanges.hyperliquid.network)
    if note is None or settings.redis.host is not None:
        return settings, None
    own = {
        **note.variables,
        "THREET_DATA_DIR": str(settings.data_dir),
    }
    return settings_of_run(own, note.redis_port, note.redis_password), note


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
