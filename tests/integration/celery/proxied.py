"""The fault proxy for tests without a loop: it runs in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from tests.fault_proxy import FaultProxy, fault_proxy

_START_SECS = 60.0


class Proxied:
    """``act`` does something to the proxy, in its loop, and waits until it is done."""

    def __init__(self, loop: asyncio.AbstractEventLoop, proxy: FaultProxy) -> None:
        self._loop = loop
        self._proxy = proxy
        self.port = proxy.port

    def act(self, change: Callable[[FaultProxy], None]) -> None:
        async def changed() -> None:
            change(self._proxy)

        asyncio.run_coroutine_threadsafe(changed(), self._loop).result(_START_SECS)


@contextmanager
def proxied(to_port: int) -> Iterator[Proxied]:
    made: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, FaultProxy]] = Future()

    async def serve() -> None:
        ending = asyncio.Event()
        async with fault_proxy(to_port=to_port) as proxy:
            made.set_result((asyncio.get_running_loop(), ending, proxy))
            await ending.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="fault-proxy")
    thread.start()
    loop, ending, proxy = made.result(_START_SECS)
    try:
        yield Proxied(loop, proxy)
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join()
