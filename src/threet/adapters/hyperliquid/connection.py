"""One WebSocket that comes back: moves bytes for the machines that decide."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
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
from threet.adapters.hyperliquid.losses import Loss, Losses, loss_of
from threet.model.events import Event
from threet.model.topics import Topic
from threet.ports.clock import Clock
from threet.ports.market_feed import Deliver, NoteGap, StreamGap
from threet.resilience.backoff import Backoff
from threet.resilience.stream_pace import StreamPace
from threet.resilience.stream_session import Due, StreamSession
from threet.resilience.subscription_set import SubscriptionSet

_log = structlog.get_logger(__name__)

# The largest real frame (allMids of all markets) is about 20 kB.
MAX_FRAME_BYTES = 8 * 1024 * 1024
_YIELD_EVERY = 16
_SEND_SECS = 5.0
_CLOSE_SECS = 0.5
_OUTAGE_OVER_SECS = 15.0
# A connection that stayed so long is a success, whatever it said.
_PROVEN_SECS = 30.0
_TEXTUAL = (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY)


@dataclass(slots=True)
class Tally:
    """What all connections of a feed counted together."""

    frames: int = 0
    refused_frames: int = 0
    last_refusal: str = ""
    reconnects: int = 0
    server_errors: int = 0
    losses: Losses = field(default_factory=Losses)

    def refuse(self, reason: str) -> None:
        self.refused_frames += 1
        self.last_refusal = reason
        # Each is counted; the 1st, 2nd, 4th, 8th ... is told: no flood fills a disk.
        if self.refused_frames.bit_count() == 1:
            _log.warning("frame_refused", count=self.refused_frames, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the connections of a feed share."""

    url: str
    clock: Clock
    handshake_secs: float
    pace: StreamPace
    tally: Tally


class Connection:
    """One shard of a feed: its topics, and the connection that carries them."""

    def __init__(self, number: int, shared: Surroundings, backoff: Backoff) -> None:
        self.subscriptions = SubscriptionSet()
        self.decoder = FrameDecoder()
        self.is_connected = False
        self._number = number
        self._shared = shared
        self._clock = shared.clock
        self._tally = shared.tally
        self._backoff = backoff
        self._given_up: Loss | None = None  # why this connection is closed by us
        self._heard_ms: int | None = None  # of the newest frame, by our clock
        self._is_outage = False
        self._outage_since_ms: int | None = None

    def follow(self, topics: Sequence[Topic]) -> Sequence[Topic]:
        """Carry these from now on; returns those given up."""
        return self.subscriptions.follow(topics)

    async def run(
        self, session: aiohttp.ClientSession, deliver: Deliver, note_gap: NoteGap
    ) -> None:
        """Connect, again and again, until canceled."""
        while True:
            await self._await_turn()
            await self._lifetime(session, deliver, note_gap)
            self.is_connected = False
            self.subscriptions.closed()
            self.decoder.connection_lost()
            self._tally.reconnects += 1
            await self._clock.sleep(self._backoff.failed())

    async def _await_turn(self) -> None:
        while wait := self._shared.pace.connection(self._clock.monotonic()):
            _log.warning("connection_waits", shard=self._number, secs=wait)
            await self._clock.sleep(wait)

    async def _lifetime(
        self, session: aiohttp.ClientSession, deliver: Deliver, note_gap: NoteGap
    ) -> None:
        """One connection from its opening to its end, whatever ends it."""
        try:
            async with await self._connected(session) as socket:
                _log.info("feed_connected", shard=self._number, url=self._shared.url)
                self._opened()
                loss = await self._attend(socket, deliver, note_gap)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            loss = loss_of(error)
            _log.warning("feed_lost", shard=self._number, reason=_reason(error))
        self._tally.losses.add(loss)
        _log.warning("feed_ended", shard=self._number, kind=loss.value)

    async def _connected(
        self, session: aiohttp.ClientSession
    ) -> aiohttp.ClientWebSocketResponse:
        """Raises ``TimeoutError`` for a server that accepts and says nothing."""
        async with asyncio.timeout(self._shared.handshake_secs):
            return await session.ws_connect(
                self._shared.url,
                max_msg_size=MAX_FRAME_BYTES,
                timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_SECS),
                autoping=True,
            )

    def _opened(self) -> None:
        self._given_up = None
        self.subscriptions.opened()
        self._is_outage = True
        if self._outage_since_ms is None:  # else the one before is not over yet
            self._outage_since_ms = self._heard_ms

    async def _attend(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        deliver: Deliver,
        note_gap: NoteGap,
    ) -> Loss:
        stream = StreamSession(self._clock.monotonic())
        async with asyncio.TaskGroup() as group:
            tending = group.create_task(self._tend(socket, stream, note_gap))
            ended = await self._receive(socket, stream, deliver)
            tending.cancel()
        return self._given_up or ended

    async def _receive(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        stream: StreamSession,
        deliver: Deliver,
    ) -> Loss:
        for number in count(1):
            message = await socket.receive()
            if message.type not in _TEXTUAL:
                return self._end(message)
            now = self._clock.monotonic()
            stream.received(now)
            events = self._accept(message.data, now)
            if events or now - stream.opened_at >= _PROVEN_SECS:
                # Not by any frame: a server that greets and closes is a failing one.
                self._backoff.succeeded()
            if events:
                deliver(events)
            if number % _YIELD_EVERY == 0:
                # Within a burst ``receive`` never suspends: let the writer begin.
                await asyncio.sleep(0)
        raise AssertionError("count() does not end")

    async def _tend(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        stream: StreamSession,
        note_gap: NoteGap,
    ) -> None:
        """Subscribe, ping and watch; closes the socket of a connection that failed."""
        try:
            while self._given_up is None:
                await self._send_requests(socket)
                await self._clock.sleep(stream.check_every_secs)
                self._given_up = await self._check(socket, stream)
                self._tell_gaps(stream, note_gap)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            _log.warning("feed_send_failed", reason=_reason(error))
            self._given_up = loss_of(error)
        # A half-open one takes not even a goodbye: past its time it is cut.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * _CLOSE_SECS):
                await socket.close()

    async def _send_requests(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """As many as the pace of the address allows now; the rest at the next look."""
        while request := self.subscriptions.next_request():
            now = self._clock.monotonic()
            if self._shared.pace.subscription(now):
                return
            frame = subscriptions.request_frame(
                request.topic, is_subscribe=request.is_subscribe
            )
            # Before it goes: its answer may be heard while the socket takes no more.
            self.subscriptions.sent(now)
            await self._send(socket, frame)

    async def _send(self, socket: aiohttp.ClientWebSocketResponse, frame: str) -> None:
        """Raises ``TimeoutError``: what takes nothing any more is no connection."""
        async with asyncio.timeout(_SEND_SECS):
            await socket.send_str(frame)

    async def _check(
        self, socket: aiohttp.ClientWebSocketResponse, stream: StreamSession
    ) -> Loss | None:
        now = self._clock.monotonic()
        due = stream.due(now)
        if due is Due.RECONNECT:
            return Loss.HALF_OPEN
        if due is Due.PING and not self._shared.pace.ping(now):
            await self._send(socket, subscriptions.PING)
        look = self.subscriptions.look(now)
        for found in look.found:
            _log.warning(
                "topic_silent",
                shard=self._number,
                topic=str(found.topic),
                fault=found.fault.value,
            )
        self.decoder.interrupted([found.topic for found in look.found])
        return Loss.SUBSCRIPTION if look.must_reconnect else None

    def _tell_gaps(self, stream: StreamSession, note_gap: NoteGap) -> None:
        """An outage is over when everything is acknowledged, or has had its time."""
        now_ms = self._clock.now_ms()
        for one in self.subscriptions.recoveries():
            since_ms = now_ms - int(one.silent_secs * 1000)
            gap = StreamGap(topics=(one.topic,), since_ms=since_ms, until_ms=now_ms)
            note_gap(gap)
        open_secs = self._clock.monotonic() - stream.opened_at
        is_over = self.subscriptions.is_complete or open_secs >= _OUTAGE_OVER_SECS
        if self._is_outage and is_over:
            self._is_outage = False
            topics, began_ms = self.subscriptions.topics, self._outage_since_ms
            self._outage_since_ms = None
            note_gap(StreamGap(topics=topics, since_ms=began_ms, until_ms=now_ms))

    def _accept(self, frame: str | bytes, now: float) -> list[Event]:
        self._tally.frames += 1
        self.is_connected = True
        self._heard_ms = self._clock.now_ms()
        decoded = self.decoder.read(frame, self._clock.now_ns())
        if decoded.topic is not None:
            self.subscriptions.heard(decoded.topic, now)
        events: list[Event] = []
        for result in decoded.results:
            if isinstance(result, Control):
                self._note(result)
            else:
                events.append(result)
        return events

    def _note(self, control: Control) -> None:
        match control:
            case Acknowledged(echo):
                self._acknowledged(echo)
            case Refusal(reason):
                self._tally.refuse(reason)
            case ServerError(text):
                self._complained(text)

    def _acknowledged(self, echo: dict[str, object]) -> None:
        topic = subscriptions.topic_of(echo)
        if topic is None:
            _log.warning("acknowledged_unasked", echo=str(echo)[:200])
        else:
            self.subscriptions.acknowledged(topic)

    def _complained(self, text: str) -> None:
        complaint = subscriptions.complaint(text)
        if complaint.is_harmless:
            if complaint.topic is not None:
                self.subscriptions.acknowledged(complaint.topic)
            return
        self._tally.server_errors += 1
        _log.warning("server_error", shard=self._number, text=text[:200])
        if complaint.topic is not None:
            self.subscriptions.refused(complaint.topic)

    def _end(self, message: aiohttp.WSMessage) -> Loss:
        if message.type is aiohttp.WSMsgType.ERROR:
            # A frame that breaks WebSocket's own rules, one beyond the bound, a reset.
            if isinstance(message.data, aiohttp.WebSocketError):
                self._tally.refuse(str(message.data)[:200])
                return Loss.FRAME
            return loss_of(message.data)
        return Loss.CLOSED


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]
