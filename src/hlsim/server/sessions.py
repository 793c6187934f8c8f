"""One websocket connection: a bounded queue out, client messages in."""

import asyncio

from aiohttp import WSCloseCode, WSMsgType, web

from hlsim.core.clock import Clock
from hlsim.wire.subscriptions import Subscription

_CLOSE = b""


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
        self._socket = socket
        self._transport = transport
        self._clock = clock
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(queue_size)
        self._last_sent_ms = clock.monotonic_ms()

    @property
    def silent_ms(self) -> int:
        """How long nothing has been sent, in machine time."""
        return self._clock.monotonic_ms() - self._last_sent_ms

    def send(self, frame: bytes) -> None:
        """Queue a frame; a full queue ends the connection instead of losing it."""
        try:
            self._queue.put_nowait(frame)
        except asyncio.QueueFull:
            self.cut_off()
        else:
            self._last_sent_ms = self._clock.monotonic_ms()

    def cut_off(self) -> None:
        """End the connection at once, whatever still waits."""
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.abort()

    def hang_up(self) -> None:
        """End the connection politely, after what still waits."""
        self.send(_CLOSE)

    async def write(self) -> None:
        """Send what is queued until the connection ends."""
        try:
            while frame := await self._queue.get():
                await self._socket.send_frame(frame, WSMsgType.TEXT)
            await self._socket.close(code=WSCloseCode.GOING_AWAY)
        except ConnectionError:
            return  # the client left; reading ends by itself
