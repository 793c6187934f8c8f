"""Runs an exchange on a socket for as long as a block lasts: for the CLI and tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from hlsim.core.clock import Clock
from hlsim.core.exchange import Exchange
from hlsim.server.app import DRIVER, FAULTS, HUB, build_app
from hlsim.server.assembly import build_exchange
from hlsim.server.control import build_control
from hlsim.server.faulting import Faults
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
    faults: Faults | None = None
    control_url: str | None = None

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
        market = None if mirror is None else mirror.market
        complete = None if mirror is None else mirror.complete
        exchange = build_exchange(settings, clock.now_ms(), market)
        app = build_app(exchange, settings, clock, complete)
        async with _serving(app, exchange, settings) as server:
            yield server


@asynccontextmanager
async def _serving(
    app: web.Application, exchange: Exchange, settings: Settings
) -> AsyncIterator[Server]:
    faults = app.get(FAULTS)
    async with AsyncExitStack() as stack:
        if faults is not None:
            faults.events.carry_out_due()
        control_url = None
        if faults is not None and settings.control_port is not None:
            control = build_control(faults)
            port = settings.control_port
            control_url = await stack.enter_async_context(
                _site(control, settings.host, port)
            )
        url = await stack.enter_async_context(_site(app, settings.host, settings.port))
        driver = asyncio.create_task(_drive(app), name="hlsim driver")
        try:
            yield Server(url, exchange, driver, app[HUB], faults, control_url)
        finally:
            await _stop(driver)


@asynccontextmanager
async def _site(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve an application and return its address."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield _url(runner, host)
    finally:
        await runner.cleanup()


async def _drive(app: web.Application) -> None:
    faults = app.get(FAULTS)
    if faults is None:
        await app[DRIVER].run()
        return
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(faults.events.run(), name="hlsim faults")
        tasks.create_task(app[DRIVER].run(), name="hlsim blocks")


def _url(runner: web.AppRunner, host: str) -> str:
    port = runner.addresses[0][1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _stop(driver: asyncio.Task[None]) -> None:
    driver.cancel()
    await asyncio.wait({driver})
    failure = None if driver.cancelled() else driver.exception()
    if failure is not None:
        raise DriverFailedError from failure
