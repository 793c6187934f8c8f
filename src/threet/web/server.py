"""The web process: uvicorn on the wired application, until it is told to stop."""

import socket

import uvicorn

from threet import bootstrap
from threet.bootstrap import WebParts
from threet.model.errors import ConfigurationError
from threet.web.app import create_app
from threet.web.desk import Desk

_GRACE_SECS = 3


class WebServer(uvicorn.Server):
    """Ends the event streams first: they would hold the server open for ever."""

    def __init__(self, parts: WebParts) -> None:
        app = create_app(parts)
        self._desk: Desk = app.state.desk
        super().__init__(
            uvicorn.Config(
                app,
                host=parts.host,
                port=parts.port,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_GRACE_SECS,
            )
        )

    @property
    def has_failed(self) -> bool:
        return self._desk.has_failed

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._desk.has_failed

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._desk.hub.close()
        await super().shutdown(sockets)


@bootstrap.telling_refusals()
def main() -> None:
    parts = bootstrap.web_parts()
    server = WebServer(parts)
    with _listening(parts.host, parts.port) as listener:
        server.run(sockets=[listener])
    if server.has_failed:
        raise SystemExit(1)


def _listening(host: str, port: int) -> socket.socket:
    """Raises ``ConfigurationError``: a port that is another's stays another's, and a
    page that is not ours must not pass for it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = f"web.port: cannot listen on {host} port {port} ({error.strerror})"
        raise ConfigurationError([reason]) from error
    return listener
