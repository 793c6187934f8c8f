"""The aiohttp application: POST /info, POST /exchange, GET /ws."""

import asyncio

from aiohttp import WSMsgType, web

from hlsim.core.clock import Clock
from hlsim.core.exchange import Exchange
from hlsim.server.backend import Backend
from hlsim.server.conversation import Conversation
from hlsim.server.driver import Driver
from hlsim.server.faulting import Faults, build_faults
from hlsim.server.hub import Hub
from hlsim.server.posts import Complete, Posts
from hlsim.server.publisher import Publisher
from hlsim.server.sessions import Session
from hlsim.server.settings import Settings

DRIVER = web.AppKey("driver", Driver)
HUB = web.AppKey("hub", Hub)
FAULTS = web.AppKey("faults", Faults)
_VARY = "origin, access-control-request-method, access-control-request-headers"
_CLOSE_TIMEOUT_SECS = 1.0
_MOST_BODY_BYTES = 2 * 1024 * 1024


class Sockets:
    """GET /ws: one `Session` per connection."""

    def __init__(
        self,
        hub: Hub,
        conversation: Conversation,
        clock: Clock,
        settings: Settings,
        *,
        faults: Faults | None = None,
    ) -> None:
        """Let sessions join ``hub`` and speak with ``conversation``."""
        self._hub = hub
        self._conversation = conversation
        self._clock = clock
        self._queue_size = settings.limits.ws_queue
        self._faults = faults
        self._opened = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Upgrade and serve a connection until it ends."""
        address = request.remote or ""
        if not self._hub.has_room(address):
            # How the real exchange refuses the eleventh is not documented.
            return web.Response(status=429)
        self._opened += 1
        number = self._opened
        if self._faults is not None:
            instead = await self._faults.requests.door(request, number)
            if instead is not None:
                return instead
        socket = web.WebSocketResponse(timeout=_CLOSE_TIMEOUT_SECS, compress=False)
        await socket.prepare(request)
        session = Session(
            socket,
            request.transport,
            address=address,
            clock=self._clock,
            queue_size=self._queue_size,
        )
        self._hub.join(session)
        if self._faults is not None:
            self._faults.watch(session, number)
        try:
            await self._serve(socket, session)
        finally:
            self._hub.leave(session)
        return socket

    async def _serve(self, socket: web.WebSocketResponse, session: Session) -> None:
        async with asyncio.TaskGroup() as tasks:
            writer = tasks.create_task(session.write())
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._conversation.hear(session, message.data.encode())
                elif message.type is WSMsgType.BINARY:
                    await self._conversation.hear(session, message.data)
            writer.cancel()

    async def close_all(self, app: web.Application) -> None:
        """Cut every connection, so that stopping does not wait for clients."""
        if self._faults is not None:
            await self._faults.events.stop()
        for session in self._hub.sessions:
            session.hang_up()
        # One turn lets the writers send their close frames.
        await asyncio.sleep(0)


async def _allow_browsers(request: web.Request, response: web.StreamResponse) -> None:
    """Let pages of any origin read answers, as recorded (§1.1)."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "*"
    response.headers["Vary"] = _VARY


async def _preflight(request: web.Request) -> web.Response:
    allowed = {
        "Access-Control-Allow-Methods": "GET,POST",
        "Access-Control-Allow-Headers": "content-type",
    }
    return web.Response(headers=allowed)


def build_app(
    exchange: Exchange,
    settings: Settings,
    clock: Clock,
    complete: Complete | None = None,
) -> web.Application:
    """Return the application; whoever runs it also runs ``app[DRIVER]``.

    ``complete`` fetches what an answer lacked, so that it can be given again.

    With faults, ``app[FAULTS].events`` is to be run, too.
    """
    limits = settings.limits
    hub = Hub(limits)
    publisher = Publisher(exchange, hub, settings.cadence)
    backend = Backend(exchange, publisher.catch_up, settings.sources)
    faults = build_faults(settings, exchange, hub, clock, backend)
    requests = None if faults is None else faults.requests
    conversation = Conversation(
        exchange, hub, clock, limits, backend=backend, faults=requests
    )
    sockets = Sockets(hub, conversation, clock, settings, faults=faults)
    posts = Posts(
        exchange,
        clock,
        limits.ip_weight,
        backend=backend,
        faults=requests,
        complete=complete,
    )
    app = web.Application(client_max_size=_MOST_BODY_BYTES)
    app[HUB] = hub
    app[DRIVER] = Driver(exchange, hub, publisher, clock, limits.ws_idle_secs)
    if faults is not None:
        app[FAULTS] = faults
    app.router.add_post("/info", posts.info)
    app.router.add_post("/exchange", posts.exchange)
    app.router.add_get("/ws", sockets.handle)
    app.on_response_prepare.append(_allow_browsers)
    for path in ("/info", "/exchange"):
        app.router.add_options(path, _preflight)
    app.on_shutdown.append(sockets.close_all)
    return app
