"""How long ago one process said that it lives; asked without loading any library.

A container's health check starts an interpreter for each look, every few seconds: the
client libraries would cost it more than the look itself.
"""

import json
import socket

from threet.adapters.redis_streams.address import RedisAddress
from threet.model.errors import DependencyError

PROCESSES = "processes:alive"  # name -> state as JSON


def last_beat_ms(address: RedisAddress, name: str, timeout_secs: float) -> int | None:
    """None when the board does not know it. Raises ``DependencyError``."""
    try:
        row = _row(address, name, timeout_secs)
        return None if row is None else int(json.loads(row)["beat_ms"])
    except OSError as error:
        raise DependencyError("redis", f"{type(error).__name__}: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise DependencyError("redis", "an answer that cannot be read") from error


def _row(address: RedisAddress, name: str, timeout_secs: float) -> bytes | None:
    with (
        socket.create_connection((address.host, address.port), timeout_secs) as link,
        link.makefile("rwb") as stream,
    ):
        asked = [["AUTH", address.password]] if address.password else []
        asked += [["SELECT", str(address.db)], ["HGET", PROCESSES, name]]
        stream.write(b"".join(map(_packed, asked)))
        stream.flush()
        for _ in asked[:-1]:
            _refused_or(stream.readline())
        head = _refused_or(stream.readline())
        length = int(head.removeprefix(b"$"))
        return None if length < 0 else stream.read(length)


def _packed(words: list[str]) -> bytes:
    parts = [f"*{len(words)}\r\n".encode()]
    for word in words:
        encoded = word.encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(encoded), encoded))
    return b"".join(parts)


def _refused_or(line: bytes) -> bytes:
    """The reply's first line; an error of the server is raised."""
    if not line:
        raise ConnectionResetError("the server closed the connection")
    if line.startswith(b"-"):
        raise DependencyError("redis", line[1:].decode(errors="replace").strip())
    return line.strip()
