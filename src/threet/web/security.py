"""Who may ask, and what a browser may do with the answer.

The page has no login: it shows, and changes nothing. So only GET is answered, and only
under a known host name, or any site could read it through DNS rebinding.
"""

from collections.abc import Mapping, Sequence

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})

_METHODS = frozenset({"GET", "HEAD"})
_HEADERS = {
    "content-security-policy": "; ".join(
        (
            "default-src 'self'",
            "img-src 'self' data:",
            "style-src 'self' {style_hashes}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def host_name(header: str) -> str:
    """The Host header without its port, in lower case."""
    if header.startswith("["):
        return header.partition("]")[0].lower() + "]"
    return header.partition(":")[0].lower()


def _is_foreign(headers: Mapping[bytes, bytes]) -> bool:
    """Another site cannot read an answer, but its requests would cost us work."""
    return headers.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin")


class Gate:
    """ASGI middleware: refuses strangers, and puts the headers on every answer."""

    def __init__(
        self, app: ASGIApp, *, allowed_hosts: Sequence[str], style_hashes: Sequence[str]
    ) -> None:
        self._app = app
        self._hosts = LOOPBACK_NAMES | {host_name(name) for name in allowed_hosts}
        hashes = " ".join(f"'{digest}'" for digest in style_hashes)
        self._headers = {
            name: text.replace("{style_hashes}", hashes).replace(" ;", ";")
            for name, text in _HEADERS.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            answer = self._refusal(scope) or self._app
            await answer(scope, receive, self._with_headers(send))
        # Nothing here speaks WebSocket: not answering closes it with 403.

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        if host_name(host) not in self._hosts:
            sentence = "this host name is not served; see `web.allowed_hosts`"
            return JSONResponse({"error": sentence, "dependency": None}, 421)
        if scope["path"].startswith("/api") and _is_foreign(headers):
            sentence = "another site asks through this browser: refused"
            return JSONResponse({"error": sentence, "dependency": None}, 403)
        if scope["method"] not in _METHODS:
            sentence = "nothing can be changed here: only GET is answered"
            refused = JSONResponse({"error": sentence, "dependency": None}, 405)
            refused.headers["allow"] = "GET, HEAD"
            return refused
        return None

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, text in self._headers.items():
                    headers[name] = text
            await send(message)

        return send_with_headers
