"""A connection that writes many commands at once and reads all their replies.

Packing by hiredis and one write for a batch cost about a tenth of a client library's
pipeline for each entry (bench/publish.py), on the one path where that counts.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Self

import hiredis

from threet.adapters.redis_streams.address import RedisAddress
from threet.model.errors import DependencyError

_READ_BYTES = 65_536
Command = tuple[str | bytes | int, ...]
# What no waiting mends: an old server, missing rights, a wrong word of ours. All else
# (LOADING, OOM, READONLY, MASTERDOWN, BUSY, TRYAGAIN ...) passes.
_FINAL = (
    *("WRONGPASS", "NOPERM", "NOAUTH", "NOPROTO", "WRONGTYPE", "DENIED"),
    *("ERR unknown", "ERR wrong number of arguments", "ERR syntax error"),
    *("ERR invalid password", "ERR AUTH", "ERR Client sent AUTH"),
    *("ERR DB index", "ERR invalid DB index"),
)
_FINAL_STARTS = tuple(start.lower() for start in _FINAL)


class RefusedCommandError(DependencyError):
    """The server answered with an error; the connection is still good."""

    def __init__(self, answer: str) -> None:
        super().__init__("redis", answer[:200])

    @property
    def is_final(self) -> bool:
        """The same command will be refused for ever."""
        return self.reason.lower().startswith(_FINAL_STARTS)

    @property
    def is_missing_group(self) -> bool:
        return self.reason.startswith("NOGROUP")


class RedisPipe:
    """After a ``DependencyError`` of the plain kind it is closed: open another."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, secs: float
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._timeout_secs = secs
        self._replies = hiredis.Reader()

    @classmethod
    async def open(cls, address: RedisAddress, timeout_secs: float = 5.0) -> Self:
        try:
            async with asyncio.timeout(timeout_secs):
                reader, writer = await asyncio.open_connection(
                    address.host, address.port
                )
        except (OSError, TimeoutError) as error:
            raise DependencyError("redis", _reason(error)) from error
        pipe = cls(reader, writer, timeout_secs)
        greeting: list[Command] = []
        if address.password:
            greeting.append((b"AUTH", address.password))
        if address.db:
            greeting.append((b"SELECT", address.db))
        if greeting:
            try:
                await pipe.execute(greeting)
            except RefusedCommandError:
                pipe.close()
                raise
        return pipe

    async def execute(
        self, commands: Sequence[Command], blocking_secs: float = 0
    ) -> list[object]:
        """Replies in order; the first error reply is raised after all were read.

        ``blocking_secs`` is how long the server may hold a command back (BLOCK).
        """
        # hiredis' stub knows tuples of one element only.
        pack: Callable[[Command], bytes] = hiredis.pack_command  # type: ignore[assignment]
        packed = b"".join(map(pack, commands))
        try:
            async with asyncio.timeout(self._timeout_secs + blocking_secs):
                self._writer.write(packed)
                await self._writer.drain()
                replies = await self._read(len(commands))
        except (OSError, TimeoutError, hiredis.HiredisError) as error:
            self.close()
            raise DependencyError("redis", _reason(error)) from error
        except BaseException:
            # A reply that nobody waits for would be taken for the next one's (F57).
            self.close()
            raise
        for reply in replies:
            if isinstance(reply, hiredis.ReplyError):
                raise RefusedCommandError(str(reply))
        return replies

    def close(self) -> None:
        self._writer.close()

    async def _read(self, count: int) -> list[object]:
        replies: list[object] = []
        while len(replies) < count:
            received = await self._reader.read(_READ_BYTES)
            if not received:
                raise ConnectionResetError("the server closed the connection")
            self._replies.feed(received)
            while (reply := self._replies.gets()) is not False:
                replies.append(reply)
        return replies


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:200]
