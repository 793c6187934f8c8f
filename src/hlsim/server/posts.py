"""POST /info and POST /exchange: status codes and bodies as documented (§1.2)."""

from collections.abc import Awaitable, Callable
from functools import partial

import msgspec
from aiohttp import web

from hlsim.core.clock import Clock
from hlsim.core.exchange import Exchange, UnknownCoinError
from hlsim.core.limits import Buckets, base_weight, exchange_weight, item_weight
from hlsim.server.backend import Backend
from hlsim.server.request_faults import RequestFaults
from hlsim.wire.info import answer
from hlsim.wire.requests import Request, decode_info
from hlsim.wire.trading import batch_length

UNFIT = "Failed to deserialize the JSON body into the target type"
_JSON = "application/json"
Complete = Callable[[], Awaitable[bool]]


class Posts:
    """Answers both POST endpoints within the weight of an address."""

    def __init__(
        self,
        exchange: Exchange,
        clock: Clock,
        ip_weight: int,
        *,
        backend: Backend,
        faults: RequestFaults | None = None,
        complete: Complete | None = None,
    ) -> None:
        """Allow ``ip_weight`` a minute for each address, 0 for no limit.

        Actions are executed by ``backend``; ``complete`` fetches what an answer lacked
        and tells whether it lacked anything.
        """
        self._complete = complete
        self._exchange = exchange
        self._clock = clock
        self._backend = backend
        self._faults = faults
        self._buckets = Buckets(ip_weight)

    async def info(self, request: web.Request) -> web.Response:
        """Answer a question."""
        body = await _body(request)
        if isinstance(body, web.Response):
            return body
        if self._faults is None:
            return await self._info(request, body)
        act = partial(self._info, request, body)
        return await self._faults.http(request, "info", body, act)

    async def _info(
        self, request: web.Request, body: bytes, skew_ms: int = 0
    ) -> web.Response:
        now_ms = self._clock.monotonic_ms()
        bucket = self._buckets.of(request.remote or "", now_ms)
        try:
            asked = decode_info(body)
        except msgspec.DecodeError as error:
            return _unreadable(error)
        if not bucket.take(base_weight(asked.kind), now_ms):
            return web.Response(status=429, text="Too Many Requests")
        try:
            found = await self._found(asked)
        except UnknownCoinError:
            return web.Response(status=500, body=b"null", content_type=_JSON)
        if isinstance(found, list):
            bucket.charge(item_weight(asked.kind, len(found)), now_ms)
        return web.Response(body=msgspec.json.encode(found), content_type=_JSON)

    async def _found(self, asked: Request) -> object:
        found = answer(asked, self._exchange, self._clock.now_ms())
        if self._complete is not None and await self._complete():
            found = answer(asked, self._exchange, self._clock.now_ms())
        return found

    async def exchange(self, request: web.Request) -> web.Response:
        """Execute an action."""
        body = await _body(request)
        if isinstance(body, web.Response):
            return body
        now_ms = self._clock.monotonic_ms()
        weight = exchange_weight(batch_length(body))
        if not self._buckets.of(request.remote or "", now_ms).take(weight, now_ms):
            return web.Response(status=429, text="Too Many Requests")
        if self._faults is None:
            return await self._execute(body)
        act = partial(self._execute, body)
        return await self._faults.http(request, "exchange", body, act)

    async def _execute(self, body: bytes, skew_ms: int = 0) -> web.Response:
        try:
            done = await self._backend.execute(body, self._clock.now_ms(), skew_ms)
        except msgspec.DecodeError as error:
            return _unreadable(error)
        return web.Response(body=msgspec.json.encode(done), content_type=_JSON)


async def _body(request: web.Request) -> bytes | web.Response:
    """Return a request's body, or what is answered to one that has none.

    Without the header the real exchange reads nothing (§1.1); that it says 415 is the
    rule of its framework.
    """
    if request.content_type != _JSON:
        text = f"Expected request with `Content-Type: {_JSON}`"
        return web.Response(status=415, text=text)
    try:
        return await request.read()
    except ConnectionError:
        return web.Response(status=400)  # who asked has left: nobody reads this


def _unreadable(error: Exception) -> web.Response:
    if isinstance(error, msgspec.ValidationError):
        return web.Response(status=422, text=UNFIT)
    return web.Response(status=400, text="Failed to parse the request body as JSON")
