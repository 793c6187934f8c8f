"""For other people's tests: an exchange on a socket, in a thread of its own.

`serving` is a context manager for any test framework and for blocking clients. With
``pytest_plugins = ["hlsim.testing"]`` pytest has the fixtures ``hlsim_exchange`` (one
exchange on a free port) and ``hlsim_settings`` (override it to change what is served).
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

import pytest

from hlsim.core.clock import Clock
from hlsim.core.exchange import Exchange
from hlsim.server.manual_clock import ManualClock
from hlsim.server.running import Server, running
from hlsim.server.settings import Deposit, Limits, Settings

T = TypeVar("T")
# An address that tests may give to a client which only reads.
TRADER = "0x" + "1" * 40
_PATIENCE_SECS = 30.0


@dataclass(frozen=True, slots=True)
class Served:
    """A running exchange, seen from another thread than its own."""

    server: Server
    _loop: asyncio.AbstractEventLoop
    _clock: Clock | None

    @property
    def url(self) -> str:
        """Base address for HTTP."""
        return self.server.url

    @property
    def ws_url(self) -> str:
        """Address of the websocket."""
        return self.server.ws_url

    def call(self, question: Callable[[Exchange], T]) -> T:
        """Return what ``question`` says, asked in the exchange's own thread.

        The only safe way to look into a live exchange.
        """

        async def ask() -> T:
            return question(self.server.exchange)

        future = asyncio.run_coroutine_threadsafe(ask(), self._loop)
        return future.result(_PATIENCE_SECS)

    def stop(self, event: asyncio.Event) -> None:
        """Set an event of the exchange's thread."""
        self._loop.call_soon_threadsafe(event.set)

    def advance(self, by_ms: int) -> None:
        """Let time pass on a `ManualClock`; raises TypeError for any other clock."""
        clock = self._clock
        if not isinstance(clock, ManualClock):
            raise TypeError("this exchange runs by a clock that cannot be moved")

        async def move() -> None:
            clock.advance(by_ms)
            # Each turn of the loop may be the driver's, which catches up in one.
            while self.server.exchange.now_ms < clock.now_ms():  # noqa: ASYNC110
                await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(move(), self._loop).result(_PATIENCE_SECS)


@contextmanager
def serving(
    settings: Settings | None = None, clock: Clock | None = None
) -> Iterator[Served]:
    """Serve an exchange for as long as the block lasts, real time by default.

    Raises what `hlsim.server.running.running` raises.
    """
    started: list[tuple[Served, asyncio.Event]] = []
    failed: list[BaseException] = []
    ready = threading.Event()

    async def main() -> None:
        async with running(settings, clock) as server:
            served = Served(server, asyncio.get_running_loop(), clock)
            started.append((served, asyncio.Event()))
            ready.set()
            await started[0][1].wait()

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:  # noqa: BLE001 - it is raised in the caller
            failed.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="hlsim", daemon=True)
    thread.start()
    ready.wait(_PATIENCE_SECS)
    if not started and not failed:
        raise TimeoutError("the exchange did not start")
    if started:
        served, stop = started[0]
        try:
            yield served
        finally:
            served.stop(stop)
            thread.join(_PATIENCE_SECS)
    if failed:
        raise failed[0]


@pytest.fixture
def hlsim_settings() -> Settings:
    """Twenty symbols, ten thousand dollars for `TRADER`, no limit on requests."""
    return Settings(
        symbols=20,
        history_days=1,
        accounts=(Deposit(address=TRADER, funds=Decimal(10_000)),),
        limits=Limits(ip_weight=0, ws_connections=0),
    )


@pytest.fixture
def hlsim_exchange(hlsim_settings: Settings) -> Iterator[Served]:
    """Return an exchange of one's own, in real time."""
    with serving(hlsim_settings) as served:
        yield served
