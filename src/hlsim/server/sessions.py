"""One websocket connection: a bounded queue out, client messages in."""

import asyncio
from collections.abc import Iterable
from typing import Protocol

from aiohttp import WSCloseCode, WSMsgType, web

from hlsim.core.clock import Clock
from hlsim.server.transports import cut, pause, reset
from hlsim.wire.subscriptions import Subscription


class FrameFilter(Protocol):
    """Decides what one session is sent instead of each of its frames."""

    def subscribed(self, topic: Subscription) -> None:
        """Learn of a new subscription."""
        ...

    def outgoing(self, frame: bytes, topic: Subscription | None) -> Iterable[bytes]:
        """Return what is sent instead of ``frame``."""
        ...


class Session:
    """A connected client. Frames are queued; whoever is too slow is cut off."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.BaseTransport | None,
        *,
        address: str,
        clock: Clock,
        queue_size: int,
    ) -> None:
        """Wrap a prepared socket; ``queue_size`` frames may wait to be sent."""
        self.address = address
        self.topics: set[Subscription] = set()
        self.pending_posts = 0
        self.filter: FrameFilter | None = None
        self._is_frozen = False
        self._socket = socket
        self._transport = transport
        self._clock = clock
        self._queue: asyncio.Queue[bytes | int] = asyncio.Queue(queue_size)
        self._last_sent_ms = clock.monotonic_ms()

    @property
    def silent_ms(self) -> int:
        """How long nothing has been sent, in machine time."""
        return self._clock.monotonic_ms() - self._last_sent_ms

    def send(self, frame: bytes, topic: Subscription | None = None) -> None:
        """Queue a frame, of ``topic`` or a reply.

        A full queue ends the connection instead of losing it.
        """
        if self.filter is None:
            self.put(frame)
            return
        for one in self.filter.outgoing(frame, topic):
            self.put(one)

    def put(self, item: bytes | int) -> None:
        """Queue a frame as it is, or the code to close with after what waits."""
        if self._is_frozen:
            return
        try:
            self._queue.put_nowait(item)
        except asyncio.QueueFull:
            self.cut_off()
        else:
            self._last_sent_ms = self._clock.monotonic_ms()

    def cut_off(self) -> None:
        """End the connection at once, whatever still waits."""
        cut(self._transport)

    def reset(self) -> None:
        """End the connection at once with a TCP reset."""
        reset(self._transport)

    def freeze(self) -> None:
        """Read and write nothing any more, as if the way to the client were cut."""
        self._is_frozen = True
        while not self._queue.empty():
            self._queue.get_nowait()
        pause(self._transport)

    def hang_up(self, code: int = WSCloseCode.GOING_AWAY) -> None:
        """End the connection politely, after what still waits."""
        self.put(code)

    async def write(self) -> None:
        """Send what is queued until the connection ends."""
        try:
            while isinstance(item := await self._queue.get(), bytes):
                await self._socket.send_frame(item, WSMsgType.TEXT)
            await self._socket.close(code=item)
        except ConnectionError:
            return  # the client left; reading ends by itself
