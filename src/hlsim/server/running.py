"""Runs an exchange on a socket for as long as a block lasts: for the CLI and tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from hlsim.core.clock import Clock
from hlsim.core.exchange import Exchange
from hlsim.server.app import DRIVER, HUB, build_app
from hlsim.server.assembly import build_exchange
from hlsim.server.hub import Hub
from hlsim.server.mirroring import mirrored
from hlsim.server.settings import Settings
from hlsim.system_clock import SystemClock


class DriverFailedError(RuntimeError):
    """The exchange itself failed while it was served; the cause says of what."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; ``driver`` ends early only by failing."""

    url: str
    exchange: Exchange
    driver: asyncio.Task[None]
    hub: Hub

    @property
    def ws_url(self) -> str:
        """Address of the websocket."""
        return f"ws{self.url.removeprefix('http')}/ws"

    @property
    def connections(self) -> int:
        """How many websockets are connected."""
        return len(self.hub.sessions)


@asynccontextmanager
async def running(
    settings: Settings | None = None, clock: Clock | None = None
) -> AsyncIterator[Server]:
    """Serve an exchange; port 0 in the settings takes a free one.

    Raises ValueError for settings that make no sense, OSError for a port in use, and
    at the end DriverFailedError if the exchange itself failed.
    """
    settings = settings or Settings()
    clock = clock or SystemClock(settings.speed)
    async with mirrored(settings, clock) as mirror:
        exchange = build_exchange(settings, clock.now_ms(), mirror)
        async with _serving(exchange, settings, clock) as server:
            yield server


@asynccontextmanager
async def _serving(
    exchange: Exchange, settings: Settings, clock: Clock
) -> AsyncIterator[Server]:
    app = build_app(exchange, settings, clock)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port)
        await site.start()
        driver = asyncio.create_task(app[DRIVER].run(), name="hlsim driver")
        try:
            yield Server(_url(runner, settings.host), exchange, driver, app[HUB])
        finally:
            await _stop(driver)
    finally:
        await runner.cleanup()


def _url(runner: web.AppRunner, host: str) -> str:
    port = runner.addresses[0][1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _stop(driver: asyncio.Task[None]) -> None:
    driver.cancel()
    await asyncio.wait({driver})
    failure = None if driver.cancelled() else driver.exception()
    if failure is not None:
        raise DriverFailedError from failure
