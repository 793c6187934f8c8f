"""The real server on a script, in a thread with an event loop of its own."""

import asyncio
import json
import socket
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

import urllib3

from tests.system.web.scripted import Script
from threet.web.server import WebServer

_PATIENCE_SECS = 60
_T = TypeVar("_T")


class _Announcing(WebServer):
    def __init__(self, script: Script, is_up: threading.Event) -> None:
        super().__init__(script.parts)
        self._is_up = is_up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._is_up.set()


class Served:
    """A context; ``call`` runs a coroutine where the server runs."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.url = f"http://127.0.0.1:{script.parts.port}"
        self.http = urllib3.PoolManager(retries=False, timeout=_PATIENCE_SECS)
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server = _Announcing(script, self._is_up)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._is_up.wait(_PATIENCE_SECS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        self.http.clear()
        self._server.should_exit = True
        self._thread.join(_PATIENCE_SECS)
        assert not self._thread.is_alive()

    def call(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        assert self._loop is not None
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return future.result(_PATIENCE_SECS)

    def get(self, path: str, status: int = 200) -> Any:
        """The JSON of an answer, which the test knows the shape of."""
        response = self.http.request("GET", self.url + path)
        assert response.status == status, response.data
        return json.loads(response.data)

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await self._server.serve()

        asyncio.run(serve())
