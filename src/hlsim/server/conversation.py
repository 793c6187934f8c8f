"""What a client's websocket message does, and what is answered to it."""

from functools import partial

import msgspec

from hlsim.core.clock import Clock
from hlsim.core.exchange import Exchange, UnknownCoinError
from hlsim.server.backend import Backend
from hlsim.server.hub import Hub
from hlsim.server.request_faults import RequestFaults
from hlsim.server.sessions import Session
from hlsim.server.settings import Limits
from hlsim.wire import messages
from hlsim.wire.channels import coin_exists
from hlsim.wire.info import answer
from hlsim.wire.requests import decode_info
from hlsim.wire.subscriptions import (
    ActiveAssetCtx,
    Bbo,
    L2Book,
    Subscription,
    UserSubscription,
    decode_subscription,
)
from hlsim.wire.user_channels import said


class Conversation:
    """Answers client messages for all sessions."""

    def __init__(
        self,
        exchange: Exchange,
        hub: Hub,
        clock: Clock,
        limits: Limits,
        *,
        backend: Backend,
        faults: RequestFaults | None = None,
    ) -> None:
        """Read from ``exchange``, act by ``backend``, book topics in ``hub``."""
        self._exchange = exchange
        self._hub = hub
        self._clock = clock
        self._limits = limits
        self._backend = backend
        self._faults = faults

    async def hear(self, session: Session, raw: bytes) -> None:
        """Act on one message."""
        if not self._hub.may_speak(session.address, self._clock.monotonic_ms()):
            most = self._limits.ws_messages
            text = f"Cannot send more than {most} messages per minute."
            session.send(messages.error(text))
            return
        try:
            message = messages.decode_message(raw)
        except msgspec.DecodeError:
            session.send(messages.unreadable(raw))
            return
        if isinstance(message, messages.Ping):
            session.send(messages.PONG)
        elif isinstance(message, messages.Post):
            await self._post(session, message)
        else:
            self._book(session, message, raw)

    def _book(
        self,
        session: Session,
        message: messages.Subscribe | messages.Unsubscribe,
        raw: bytes,
    ) -> None:
        try:
            topic = decode_subscription(message.subscription)
        except msgspec.DecodeError:
            session.send(messages.unreadable(raw))
            return
        if not coin_exists(topic, self._exchange):
            text = messages.subscription_error("Invalid subscription ", topic)
            session.send(text)
        elif isinstance(message, messages.Subscribe):
            self._subscribe(session, topic)
        else:
            self._unsubscribe(session, topic)

    def _subscribe(self, session: Session, topic: Subscription) -> None:
        if topic in session.topics:
            session.send(messages.subscription_error("Already subscribed: ", topic))
            return
        refusal = self._hub.refusal(session, topic)
        if refusal is not None:
            session.send(messages.error(refusal))
            return
        self._hub.follow(session, topic)
        if session.filter is not None:
            session.filter.subscribed(topic)
        session.send(messages.acknowledgement("subscribe", topic))
        now_ms = self._clock.now_ms()
        if not self._is_recorded(topic):
            first = said(topic, self._exchange, now_ms)
            if first is not None:
                session.send(first, topic)
        if not isinstance(topic, UserSubscription):
            self._exchange.market.start(now_ms)

    def _is_recorded(self, topic: Subscription) -> bool:
        # A recording's state goes out as it was recorded, the first one included.
        if isinstance(topic, L2Book) and topic != L2Book(topic.coin):
            return False
        states = isinstance(topic, L2Book | Bbo | ActiveAssetCtx)
        return states and topic.channel in self._exchange.market.recorded_channels

    def _unsubscribe(self, session: Session, topic: Subscription) -> None:
        if topic not in session.topics:
            session.send(messages.subscription_error("Already unsubscribed: ", topic))
            return
        self._hub.unfollow(session, topic)
        session.send(messages.acknowledgement("unsubscribe", topic))

    async def _post(self, session: Session, post: messages.Post) -> None:
        most = self._limits.ws_posts
        if most and session.pending_posts >= most:
            text = f"too many pending post requests id={post.id}"
            session.send(messages.error(text))
            return
        if self._faults is None:
            session.send(await self._answer(post))
        else:
            self._faults.post(session, post, partial(self._answer, post))

    async def _answer(self, post: messages.Post, skew_ms: int = 0) -> bytes:
        body = bytes(post.request.payload)
        now_ms = self._clock.now_ms()
        try:
            if post.request.kind == "action":
                done = await self._backend.execute(body, now_ms, skew_ms)
                return messages.post_answer(post.id, "action", done)
            request = decode_info(body)
            found = answer(request, self._exchange, now_ms)
        except msgspec.DecodeError:
            text = "422 Unprocessable Entity: Failed to deserialize the JSON body"
            return messages.post_answer(post.id, "error", text)
        except UnknownCoinError:
            text = "500 Internal Server Error: null"
            return messages.post_answer(post.id, "error", text)
        return messages.post_answer(
            post.id, "info", {"type": request.kind, "data": found}
        )
