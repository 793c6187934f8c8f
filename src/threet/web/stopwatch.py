"""How long the API's answers take, by route."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from threet.ports.clock import Clock
from threet.ports.telemetry import WebTelemetry

_UNKNOWN = 0  # the client left before there was an answer
_FAILED = 500  # what whoever is further out answers when an error comes through


class Stopwatch:
    """ASGI middleware. What is no route of the API is measured as one: paths are the
    askers' own, and metrics must stay few. A stream that never ends is not measured."""

    def __init__(self, app: ASGIApp, *, clock: Clock, telemetry: WebTelemetry) -> None:
        self._app = app
        self._clock = clock
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._clock.monotonic()
        status, is_stream = _UNKNOWN, False

        async def watched(message: Message) -> None:
            nonlocal status, is_stream
            if message["type"] == "http.response.start":
                status = message["status"]
                is_stream = (b"content-type", b"text/event-stream; charset=utf-8") in (
                    message["headers"]
                )
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            status = status or _FAILED
            raise
        finally:
            if not is_stream:
                secs = self._clock.monotonic() - began
                route = getattr(scope.get("route"), "path", "other")
                self._telemetry.served(scope["method"], route, status, secs)
