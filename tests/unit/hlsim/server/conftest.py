"""An hlsim on a socket whose time stands still until a test moves it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from decimal import Decimal
from itertools import count
from typing import Any

import aiohttp
import msgspec
import pytest

from hlsim.server.manual_clock import ManualClock
from hlsim.server.running import Server, running
from hlsim.server.settings import Deposit, Holding, Limits, Settings

USER = "0x" + "a" * 40
OPEN = Limits(ip_weight=0, ws_messages=0)


class Desk:
    """A server, its clock, and clients that are closed with it."""

    def __init__(self, server: Server, clock: ManualClock, stack: AsyncExitStack):
        self.server = server
        self.clock = clock
        self._stack = stack
        self._nonces = count(clock.now_ms())

    def nonce(self) -> int:
        """Return one that no action had."""
        return next(self._nonces)

    async def connect(self, **options: Any) -> aiohttp.ClientWebSocketResponse:
        session = await self._stack.enter_async_context(aiohttp.ClientSession())
        socket = session.ws_connect(self.server.ws_url, **options)
        return await self._stack.enter_async_context(socket)

    async def post(self, path: str, body: object) -> tuple[int, str, bytes]:
        """Return status, content type and body."""
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        session = await self._stack.enter_async_context(aiohttp.ClientSession())
        url, header = self.server.url + path, {"Content-Type": "application/json"}
        async with session.post(url, data=raw, headers=header) as answer:
            return answer.status, answer.content_type, await answer.read()

    async def ask(self, **request: object) -> Any:
        status, _, body = await self.post("/info", request)
        assert status == 200
        return msgspec.json.decode(body)


async def said(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    """Return the next frame."""
    frame = await socket.receive(timeout=60)
    assert frame.type is aiohttp.WSMsgType.TEXT, frame
    decoded: dict[str, Any] = msgspec.json.decode(frame.data)
    return decoded


async def follow(
    socket: aiohttp.ClientWebSocketResponse, **topic: object
) -> dict[str, Any]:
    """Subscribe and return the acknowledgement."""
    await socket.send_json({"method": "subscribe", "subscription": topic})
    return await said(socket)


Open = Callable[..., Awaitable[Desk]]


@pytest.fixture
async def open_desk() -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:

        async def open_one(**options: Any) -> Desk:
            clock = ManualClock()
            defaults: dict[str, Any] = {
                "symbols": 40,
                "history_days": 1,
                "limits": OPEN,
                "accounts": (Deposit(address=USER, funds=Decimal(1000)),),
                "holdings": (Holding(USER, "BTC", "0.01", "100000"),),
            }
            settings = Settings(**{**defaults, **options})
            served = running(settings, clock)
            server = await stack.enter_async_context(served)
            return Desk(server, clock, stack)

        yield open_one


@pytest.fixture
async def desk(open_desk: Open) -> Desk:
    return await open_desk()
