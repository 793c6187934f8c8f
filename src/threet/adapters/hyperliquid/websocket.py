"""The market feed over HyperLiquid's WebSocket: moves bytes, sleeps, reconnects."""

import asyncio
from itertools import count

import aiohttp
import structlog

from threet.adapters.hyperliquid import subscriptions
from threet.adapters.hyperliquid.decoding import (
    Acknowledged,
    Control,
    FrameDecoder,
    Refusal,
    ServerError,
)
from threet.adapters.hyperliquid.network_faults import kind_of
from threet.adapters.hyperliquid.subscriptions import SubscriptionPlan
from threet.model.events import Event
from threet.ports.clock import Clock
from threet.ports.market_feed import Deliver, FeedStatistics, Interests
from threet.resilience.backoff import Backoff
from threet.resilience.stream_session import Due, StreamSession

_log = structlog.get_logger(__name__)

# The largest real frame (allMids of all markets) is about 20 kB.
MAX_FRAME_BYTES = 8 * 1024 * 1024
_YIELD_EVERY = 16
# A connection that stayed so long is a success, whatever it said.
_PROVEN_SECS = 30.0
_TEXTUAL = (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY)


class HyperliquidFeed:
    """Implements ``threet.ports.market_feed.MarketFeed``."""

    def __init__(
        self, *, url: str, clock: Clock, backoff: Backoff, handshake_secs: float = 10.0
    ) -> None:
        self._url = url
        self._handshake_secs = handshake_secs
        self._clock = clock
        self._backoff = backoff
        self._decoder = FrameDecoder()
        self._frames = 0
        self._refused_frames = 0
        self._reconnects = 0
        self._is_connected = False
        self._last_refusal = ""
        self._acknowledged = 0
        self._left_out = 0

    def statistics(self) -> FeedStatistics:
        return FeedStatistics(
            frames=self._frames,
            refused_frames=self._refused_frames,
            reconnects=self._reconnects,
            is_connected=self._is_connected,
            last_refusal=self._last_refusal,
            left_out=self._left_out,
        )

    async def run(self, interests: Interests, deliver: Deliver) -> None:
        plan = subscriptions.plan(interests)
        self._left_out = plan.left_out
        if plan.left_out:
            _log.warning("subscriptions_left_out", count=plan.left_out)
        async with aiohttp.ClientSession(trust_env=False) as session:
            while True:
                await self._connection(session, plan, deliver)
                self._decoder.connection_lost()
                self._is_connected = False
                self._reconnects += 1
                await self._clock.sleep(self._backoff.failed())

    async def _connection(
        self, session: aiohttp.ClientSession, plan: SubscriptionPlan, deliver: Deliver
    ) -> None:
        """One connection from its opening to its end, whatever ends it."""
        try:
            async with await self._connected(session) as socket:
                _log.info("feed_connected", url=self._url)
                stream = StreamSession(self._clock.monotonic())
                async with asyncio.TaskGroup() as group:
                    tending = group.create_task(self._tend(socket, plan, stream))
                    await self._receive(socket, stream, deliver)
                    tending.cancel()
                _log.warning("feed_ended", close_code=socket.close_code)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            kind = kind_of(error).value
            _log.warning("feed_lost", url=self._url, kind=kind, reason=str(error))

    async def _connected(
        self, session: aiohttp.ClientSession
    ) -> aiohttp.ClientWebSocketResponse:
        """Raises ``TimeoutError`` for a server that accepts and says nothing."""
        async with asyncio.timeout(self._handshake_secs):
            return await session.ws_connect(
                self._url,
                max_msg_size=MAX_FRAME_BYTES,
                timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
                autoping=True,
            )

    async def _receive(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        stream: StreamSession,
        deliver: Deliver,
    ) -> None:
        for number in count(1):
            message = await socket.receive()
            if message.type not in _TEXTUAL:
                self._note_end(message)
                return
            now = self._clock.monotonic()
            stream.received(now)
            events = self._accept(message.data)
            if events or now - stream.opened_at >= _PROVEN_SECS:
                # Not by any frame: a server that greets and closes is a failing one.
                self._backoff.succeeded()
            if events:
                deliver(events)
            if number % _YIELD_EVERY == 0:
                # Within a burst ``receive`` never suspends: let the writer begin.
                await asyncio.sleep(0)

    async def _tend(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        plan: SubscriptionPlan,
        stream: StreamSession,
    ) -> None:
        """Subscribe, then ping and watch; closes the socket when it fell silent."""
        self._acknowledged = 0
        try:
            for subscription in plan.subscriptions:
                await socket.send_str(subscriptions.subscribe_frame(subscription))
            while True:
                await self._clock.sleep(stream.check_every_secs)
                match stream.due(self._clock.monotonic()):
                    case Due.PING:
                        await socket.send_str(subscriptions.PING)
                    case Due.RECONNECT:
                        _log.warning("feed_silent", acknowledged=self._acknowledged)
                        break
                    case Due.NOTHING:
                        pass
        except (aiohttp.ClientError, OSError) as error:
            _log.warning("feed_send_failed", reason=str(error))
        await socket.close()

    def _accept(self, frame: str | bytes) -> list[Event]:
        self._frames += 1
        self._is_connected = True
        events: list[Event] = []
        for result in self._decoder.decode(frame, self._clock.now_ns()):
            if isinstance(result, Control):
                self._note(result)
            else:
                events.append(result)
        return events

    def _note(self, control: Control) -> None:
        match control:
            case Acknowledged():
                self._acknowledged += 1
            case Refusal(reason):
                self._refuse(reason)
            case ServerError(text):
                _log.warning("server_error", text=text[:200])

    def _note_end(self, message: aiohttp.WSMessage) -> None:
        if message.type is aiohttp.WSMsgType.ERROR:
            # A frame that breaks WebSocket's own rules, or one beyond the bound.
            self._refuse(str(message.data)[:200])

    def _refuse(self, reason: str) -> None:
        self._refused_frames += 1
        self._last_refusal = reason
        # Each is counted; the 1st, 2nd, 4th, 8th ... is told: no flood fills a disk.
        if self._refused_frames.bit_count() == 1:
            _log.warning("frame_refused", count=self._refused_frames, reason=reason)
