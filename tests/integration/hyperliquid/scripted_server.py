"""A server that says exactly what a test wants, over real sockets."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
from aiohttp import WSMsgType, web

Talk = Callable[[web.WebSocketResponse], Awaitable[None]]
Answer = Callable[[dict[str, object]], Awaitable[web.StreamResponse]]


@dataclass
class ScriptedServer:
    """``talks`` are held one for each connection, the last one for all that follow."""

    talks: list[Talk] = field(default_factory=list)
    answer: Answer | None = None
    url: str = ""
    connections: int = 0
    heard: list[dict[str, object]] = field(default_factory=list)

    @property
    def ws_url(self) -> str:
        return f"ws{self.url.removeprefix('http')}/ws"

    def heard_of(self, method: str) -> list[dict[str, object]]:
        return [one for one in self.heard if one["method"] == method]


@asynccontextmanager
async def serving(server: ScriptedServer) -> AsyncIterator[ScriptedServer]:
    async def websocket(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(timeout=0.2, autoping=True)
        await socket.prepare(request)
        talk = server.talks[min(server.connections, len(server.talks) - 1)]
        server.connections += 1
        await talk(socket)
        return socket

    async def post(request: web.Request) -> web.StreamResponse:
        assert server.answer is not None
        return await server.answer(msgspec.json.decode(await request.read()))

    app = web.Application(client_max_size=0)
    app.router.add_get("/ws", websocket)
    app.router.add_post("/info", post)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()


def says(server: ScriptedServer, *frames: str | bytes, closes: bool = True) -> Talk:
    """Hear the first subscription, send the frames, then close or keep listening."""

    async def talk(socket: web.WebSocketResponse) -> None:
        message = await socket.receive()
        if message.type is WSMsgType.TEXT:
            server.heard.append(msgspec.json.decode(message.data))
        for frame in frames:
            if isinstance(frame, str):
                await socket.send_str(frame)
            else:
                await socket.send_bytes(frame)
        if closes:
            await socket.close()
            return
        async for message in socket:
            server.heard.append(msgspec.json.decode(message.data))

    return talk
