"""A client of another HyperLiquid: questions, and a websocket that comes back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

import aiohttp
import msgspec

# Somebody waits for the answer that this one completes.
_ASK_SECS = 3.0
_PING_SECS = 30.0
_HEARTBEAT_SECS = 20.0
_PING = '{"method":"ping"}'
_FIRST_PAUSE_SECS, _LONGEST_PAUSE_SECS = 0.25, 30.0

Topic = Mapping[str, object]
Sleep = Callable[[float], Awaitable[None]]


class UpstreamError(OSError):
    """The other exchange cannot be reached or does not answer a question."""

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(url, reason)

    def __str__(self) -> str:
        return f"{self.url} does not answer: {self.reason}"


class Upstream:
    """One other exchange; use `connected`."""

    def __init__(
        self, url: str, session: aiohttp.ClientSession, sleep: Sleep = asyncio.sleep
    ) -> None:
        """Speak to ``url`` (``http://host:port``); nothing is sent yet."""
        self.url = url.rstrip("/")
        self._session = session
        self._sleep = sleep
        self._topics: list[Topic] = []
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._pause_secs = _FIRST_PAUSE_SECS

    @property
    def is_connected(self) -> bool:
        """Tell whether topics that are added now are followed at once."""
        return self._socket is not None

    async def ask(self, **question: object) -> bytes:
        """Return the body of an answer of /info; raises UpstreamError."""
        limit = aiohttp.ClientTimeout(total=_ASK_SECS)
        try:
            async with self._session.post(
                f"{self.url}/info", json=question, timeout=limit
            ) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise UpstreamError(self.url, str(error) or "timeout") from error
        if answer.status != 200:  # noqa: PLR2004 - OK
            raise UpstreamError(self.url, f"status {answer.status}")
        return body

    async def follow(self, topics: Iterable[Topic]) -> None:
        """Subscribe to further topics, now and after each reconnect."""
        before = len(self._topics)
        for one in topics:
            if one not in self._topics:
                self._topics.append(one)
        if self._socket is not None:
            # One that is being lost makes no difference: the next follows them all.
            with contextlib.suppress(aiohttp.ClientError, OSError):
                await _subscribe(self._socket, self._topics[before:])

    async def listen(self, hear: Callable[[bytes], None]) -> None:
        """Hand every text frame to ``hear`` until cancelled.

        A lost connection is made again after a pause that doubles, up to half a
        minute, until a frame comes.
        """
        while True:
            try:
                async with self._session.ws_connect(
                    f"ws{self.url.removeprefix('http')}/ws",
                    heartbeat=_HEARTBEAT_SECS,
                    max_msg_size=0,
                ) as socket:
                    await self._converse(socket, hear)
            except (aiohttp.ClientError, OSError):
                pass  # as if it had ended: pause, and again
            pause, self._pause_secs = self._pause_secs, self._pause_secs * 2
            self._pause_secs = min(self._pause_secs, _LONGEST_PAUSE_SECS)
            await self._sleep(pause)

    async def _converse(
        self, socket: aiohttp.ClientWebSocketResponse, hear: Callable[[bytes], None]
    ) -> None:
        pinging = asyncio.create_task(_ping(socket), name="upstream ping")
        try:
            self._socket = socket
            await _subscribe(socket, tuple(self._topics))
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._pause_secs = _FIRST_PAUSE_SECS
                    hear(message.data.encode())
        finally:
            self._socket = None
            pinging.cancel()


async def _subscribe(
    socket: aiohttp.ClientWebSocketResponse, topics: Iterable[Topic]
) -> None:
    for topic in topics:
        message = {"method": "subscribe", "subscription": topic}
        await socket.send_str(msgspec.json.encode(message).decode())


async def _ping(socket: aiohttp.ClientWebSocketResponse) -> None:
    # Messages keep a connection that the exchange sends nothing to (§1.6).
    # One that is lost needs none: reading ends by itself.
    with contextlib.suppress(aiohttp.ClientError, OSError):
        while not socket.closed:
            await asyncio.sleep(_PING_SECS)
            await socket.send_str(_PING)


@asynccontextmanager
async def connected(url: str, sleep: Sleep = asyncio.sleep) -> AsyncIterator[Upstream]:
    """Provide a client for as long as the block lasts."""
    async with aiohttp.ClientSession() as session:
        yield Upstream(url, session, sleep)
