"""A loopback TCP proxy that fails as networks fail, switched while it runs.

    async with fault_proxy(to_port=3001) as proxy:
        ...                    # connect to 127.0.0.1:proxy.port
        proxy.weather = Weather(latency_secs=0.2)
        proxy.reset()

`weather` says how bytes fare from now on; `close` and `reset` end what is open.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

HOST = "127.0.0.1"
_CHUNK_BYTES = 64 * 1024
# Closing with an empty linger makes the kernel send RST instead of FIN.
_RESETS = struct.pack("ii", 1, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Weather:
    """How bytes fare, either way, of the open connections and of new ones.

    ``latency_secs``     each piece is that much later; pieces do not overtake
    ``bytes_per_second`` no faster than that, each way of each connection
    ``is_stalled``       nothing passes, nothing is lost: it comes when it lifts
    ``is_half_open``     what is sent vanishes, whichever way; no side is told
    ``is_refusing``      a new connection is reset at once
    """

    latency_secs: float = 0.0
    bytes_per_second: int | None = None
    is_stalled: bool = False
    is_half_open: bool = False
    is_refusing: bool = False


@dataclass(eq=False)
class _Link:
    """One connection through the proxy: the client's end and the server's."""

    ends: tuple[asyncio.StreamWriter, asyncio.StreamWriter]
    # Of what the server sends: bytes until it is cut; None passes all.
    until_cut: int | None = None


@dataclass
class FaultProxy:
    """See the module; made by ``fault_proxy``."""

    to_port: int
    port: int = 0
    passed_bytes: int = 0
    accepted: int = 0
    _weather: Weather = field(default_factory=Weather)
    _turned: asyncio.Event = field(default_factory=asyncio.Event)
    _links: set[_Link] = field(default_factory=set)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    _next_cut: int | None = None

    @property
    def weather(self) -> Weather:
        return self._weather

    @weather.setter
    def weather(self, weather: Weather) -> None:
        self._weather = weather
        self._turned.set()
        self._turned = asyncio.Event()

    @property
    def open_connections(self) -> int:
        return len(self._links)

    def close(self) -> None:
        """End every connection as a program does that exits: FIN to both ends."""
        for link in tuple(self._links):
            self._end(link)

    def reset(self) -> None:
        """End every connection by RST."""
        for link in tuple(self._links):
            self._end(link, resets=True)

    def cut_after(self, size: int) -> None:
        """Of what servers send, pass ``size`` more bytes and close there.

        Holds for every open connection, or for the next one if none is open.
        """
        if not self._links:
            self._next_cut = size
        for link in self._links:
            link.until_cut = size

    async def accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve one client; what asyncio calls for each."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.accepted += 1
        if self._weather.is_refusing:
            _abort(writer)
            return
        try:
            upstream = await asyncio.open_connection(HOST, self.to_port)
        except OSError:
            _abort(writer)
            return
        with suppress(asyncio.CancelledError):  # asyncio logs it as an error
            await self._serve(reader, writer, *upstream)

    async def stop(self) -> None:
        """End every connection and its tasks."""
        self.reset()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        from_server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        link = _Link((writer, to_server), self._next_cut)
        self._next_cut = None
        self._links.add(link)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(link, reader, to_server))
                group.create_task(self._pump(link, from_server, writer))
        finally:
            self._end(link)

    async def _pump(
        self, link: _Link, source: asyncio.StreamReader, target: asyncio.StreamWriter
    ) -> None:
        """Pass one way until an end is gone; then end the whole link."""
        with suppress(OSError):
            async with asyncio.TaskGroup() as group:
                pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(256)
                group.create_task(_read(source, pieces))
                group.create_task(self._write(link, target, pieces))
        await self._lifted()  # a half-open link keeps even its end to itself
        self._end(link)

    async def _write(
        self,
        link: _Link,
        target: asyncio.StreamWriter,
        pieces: "asyncio.Queue[tuple[float, bytes]]",
    ) -> None:
        while True:
            came_at, piece = await pieces.get()
            await self._held_up(came_at, piece)
            if not piece:
                return
            if self._weather.is_half_open:
                continue
            await self._pass(link, target, piece)

    async def _held_up(self, came_at: float, piece: bytes) -> None:
        """Wait as long as the weather holds this piece up."""
        while self._weather.is_stalled:
            await self._turned.wait()
        now = asyncio.get_running_loop().time()
        due_at = came_at + self._weather.latency_secs
        await asyncio.sleep(max(0.0, due_at - now))
        if self._weather.bytes_per_second is not None:
            await asyncio.sleep(len(piece) / self._weather.bytes_per_second)

    async def _pass(
        self, link: _Link, target: asyncio.StreamWriter, piece: bytes
    ) -> None:
        is_cut = False
        if link.until_cut is not None and target is link.ends[0]:
            is_cut = link.until_cut <= len(piece)
            piece = piece[: link.until_cut]
            link.until_cut -= len(piece)
        self.passed_bytes += len(piece)
        target.write(piece)
        await target.drain()
        if is_cut:
            self._end(link)

    async def _lifted(self) -> None:
        while self._weather.is_half_open:
            await self._turned.wait()

    def _end(self, link: _Link, *, resets: bool = False) -> None:
        self._links.discard(link)
        for writer in link.ends:
            if resets:
                _abort(writer)
            else:
                writer.close()


async def _read(
    source: asyncio.StreamReader, pieces: "asyncio.Queue[tuple[float, bytes]]"
) -> None:
    """Read ahead, so that latency delays pieces and does not add up."""
    loop = asyncio.get_running_loop()
    piece = b"begin"
    while piece:
        try:
            piece = await source.read(_CHUNK_BYTES)
        except OSError:
            piece = b""
        await pieces.put((loop.time(), piece))


def _abort(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESETS)
    writer.transport.abort()


@asynccontextmanager
async def fault_proxy(*, to_port: int) -> AsyncIterator[FaultProxy]:
    """A proxy to a loopback port, in the caller's loop, gone with the block."""
    proxy = FaultProxy(to_port)
    server = await asyncio.start_server(proxy.accept, HOST, 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.stop()
