"""Lets faults strike requests: between a client and what answers it."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from aiohttp import web

from hlsim.core.clock import Clock
from hlsim.core.exchange import Exchange
from hlsim.faults.injector import Injector
from hlsim.faults.kinds import (
    DelayAnswer,
    DelayRequest,
    LoseAnswer,
    LoseRequest,
    MalformedAnswer,
    RefuseAction,
    RefuseConnection,
    RefuseRequest,
    SwallowAction,
)
from hlsim.faults.occasions import ConnectionOccasion, Endpoint, RequestOccasion
from hlsim.faults.plan import Body, Ending, RequestFault, Status
from hlsim.server.asked import Reader
from hlsim.server.fault_events import FaultEvents
from hlsim.server.forms import Form, HttpForm, PostForm
from hlsim.server.sessions import Session
from hlsim.server.transports import cut, reset
from hlsim.wire import messages

# Longer than any client waits; then the connection is cut.
_HANG_MS = 600_000
T = TypeVar("T", web.Response, bytes)
Act = Callable[[int], Awaitable[T]]
_Run = Callable[[], Awaitable[T]]


class RequestFaults:
    """Asks the injector at each request and does what it says."""

    def __init__(
        self,
        injector: Injector,
        events: FaultEvents,
        reader: Reader,
        *,
        exchange: Exchange,
        clock: Clock,
    ) -> None:
        """Strike requests to ``exchange``; what comes later is left to ``events``."""
        self._injector = injector
        self._events = events
        self._reader = reader
        self._exchange = exchange
        self._clock = clock

    async def http(
        self,
        request: web.Request,
        endpoint: Endpoint,
        body: bytes,
        act: Act[web.Response],
    ) -> web.Response:
        """Answer a POST; ``act`` is given the skew and answers it without faults."""
        now_ms = self._clock.now_ms()
        occasion = self._reader.occasion(
            self._exchange.universe, endpoint, "http", body, now_ms
        )
        outcome = await self._outcome(occasion, act, HttpForm(), None)
        return await self._ended(request, outcome)

    def post(self, session: Session, post: messages.Post, act: Act[bytes]) -> None:
        """Answer a `post` of the websocket in a task of its own."""
        session.pending_posts += 1
        self._events.spawn(self._pending(session, post, act))

    async def _pending(
        self, session: Session, post: messages.Post, act: Act[bytes]
    ) -> None:
        try:
            await self._posted(session, post, act)
        finally:
            session.pending_posts -= 1

    async def _posted(
        self, session: Session, post: messages.Post, act: Act[bytes]
    ) -> None:
        endpoint: Endpoint = "info" if post.request.kind == "info" else "exchange"
        occasion = self._reader.occasion(
            self._exchange.universe,
            endpoint,
            "ws",
            bytes(post.request.payload),
            self._clock.now_ms(),
        )
        form = PostForm(post.id, post.request.kind, occasion.kind)
        outcome = await self._outcome(occasion, act, form, session)
        if isinstance(outcome, bytes):
            session.send(outcome)
        elif outcome == "close":
            session.cut_off()
        elif outcome == "reset":
            session.reset()

    async def door(self, request: web.Request, number: int) -> web.Response | None:
        """Return what a client gets instead of a websocket, None to let it in."""
        now_ms = self._clock.now_ms()
        occasion = ConnectionOccasion(now_ms=now_ms, number=number)
        fault = self._injector.connection(occasion)
        if not isinstance(fault, RefuseConnection):
            return None
        outcome = _left_with(fault.instead, fault.body, HttpForm())
        return await self._ended(request, outcome)

    async def _outcome(
        self,
        occasion: RequestOccasion,
        act: Act[T],
        form: Form[T],
        session: Session | None,
    ) -> T | Ending:
        self._events.on(occasion, session)
        skew_ms = self._injector.skew_ms(occasion.now_ms)
        run = partial(self._executed, occasion, act, form)
        fault = self._injector.request(occasion)
        outcome = await self._struck(fault, occasion, run, form)
        if isinstance(outcome, str):
            return outcome
        return form.shifted(outcome, skew_ms)

    async def _struck(
        self,
        fault: RequestFault | None,
        occasion: RequestOccasion,
        run: _Run[T],
        form: Form[T],
    ) -> T | Ending:
        match fault:
            case LoseRequest() | LoseAnswer() | DelayRequest():
                return await self._lost(fault, run, form)
            case RefuseRequest():
                return form.refusal(fault.status, fault.body, fault.retry_after_secs)
            case RefuseAction() | SwallowAction():
                return form.said(_said_instead(fault, occasion))
            case DelayAnswer():
                answer = await run()
                await self._events.hold(occasion.now_ms + fault.by_ms)
                return answer
            case MalformedAnswer():
                return form.spoiled(await run(), fault)
            case _:
                return await run()

    async def _lost(
        self,
        fault: LoseRequest | LoseAnswer | DelayRequest,
        run: _Run[T],
        form: Form[T],
    ) -> T | Ending:
        if isinstance(fault, LoseAnswer):
            await run()
        elif isinstance(fault, DelayRequest):
            self._events.later(self._clock.now_ms() + fault.by_ms, run)
        return _left_with(fault.instead, fault.body, form)

    async def _executed(
        self, occasion: RequestOccasion, act: Act[T], form: Form[T]
    ) -> T:
        now_ms = self._clock.now_ms()
        phase = self._injector.maintenance(now_ms)
        if phase is not None and occasion.kind == "exchangeStatus":
            return form.said({"time": now_ms, "specialStatuses": phase.text})
        if (
            phase is not None
            and occasion.endpoint == "exchange"
            and occasion.kind not in phase.allow
        ):
            return form.said({"status": "err", "response": phase.text})
        return await act(self._injector.skew_ms(now_ms))

    async def _ended(
        self, request: web.Request, outcome: web.Response | Ending
    ) -> web.Response:
        if isinstance(outcome, web.Response):
            return outcome
        if outcome == "hang":
            await self._events.hold(self._clock.now_ms() + _HANG_MS)
        if outcome == "reset":
            reset(request.transport)
        else:
            cut(request.transport)
        # Never sent: there is no connection any more.
        return web.Response(status=503)


def _left_with(instead: Ending | Status, body: Body, form: Form[T]) -> T | Ending:
    if isinstance(instead, int):
        return form.refusal(instead, body, None)
    return instead


def _said_instead(
    fault: RefuseAction | SwallowAction, occasion: RequestOccasion
) -> object:
    if isinstance(fault, SwallowAction):
        return _swallowed(fault, occasion)
    return _refused(fault, occasion)


def _refused(fault: RefuseAction, occasion: RequestOccasion) -> object:
    if not fault.in_statuses:
        return {"status": "err", "response": fault.text}
    kind = "cancel" if occasion.kind.startswith("cancel") else "order"
    errors = [{"error": fault.text}] * occasion.legs
    response = {"type": kind, "data": {"statuses": errors}}
    return {"status": "ok", "response": response}


def _swallowed(fault: SwallowAction, occasion: RequestOccasion) -> object:
    legs = occasion.legs if fault.says == "resting" else 0
    # Beyond every number that an order here has.
    statuses = [{"resting": {"oid": occasion.now_ms + leg}} for leg in range(legs)]
    response = {"type": "order", "data": {"statuses": statuses}}
    return {"status": "ok", "response": response}
