"""What is answered at all, and what a browser may do with the answer.

Only under a known host name, or any site could read it through DNS rebinding; only GET,
but for the few paths that change something; and only to whoever may look.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from threet.web.access import Refusal

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})

_METHODS = frozenset({"GET", "HEAD"})
# What a POST may reach, and how much it may bring: a few words of JSON.
CHANGES = frozenset({"/login", "/logout", "/api/kill", "/api/resume"})
_MOST_BYTES = 4096
_PAGES = frozenset({"/", "/index.html"})
_OPEN = frozenset({"/api/session", "/api/health/live", "/api/health/ready"})
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


def _is_small_json(headers: Mapping[bytes, bytes]) -> bool:
    """A form of another site can send no JSON."""
    length = headers.get(b"content-length", b"")
    is_json = (
        headers.get(b"content-type", b"").partition(b";")[0] == b"application/json"
    )
    return is_json and length.isdigit() and int(length) <= _MOST_BYTES


class Gate:
    """ASGI middleware: refuses strangers, and puts the headers on every answer."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        allowed_hosts: Sequence[str],
        style_hashes: Sequence[str],
        may_look: Callable[[HTTPConnection], Refusal | None],
    ) -> None:
        self._app = app
        self._hosts = LOOPBACK_NAMES | {host_name(name) for name in allowed_hosts}
        self._may_look = may_look
        hashes = " ".join(f"'{digest}'" for digest in style_hashes)
        self._headers = {
            name: text.replace("{style_hashes}", hashes).replace(" ;", ";")
            for name, text in _HEADERS.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            answer = self._refusal(scope) or self._wall(scope) or self._app
            await answer(scope, receive, self._with_headers(send))
        # Nothing here speaks WebSocket: not answering closes it with 403.

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers, path = dict(scope["headers"]), scope["path"]
        host = headers.get(b"host", b"").decode("latin-1")
        if host_name(host) not in self._hosts:
            return refused(421, "this host name is not served; see `web.allowed_hosts`")
        is_change = path in CHANGES and scope["method"] == "POST"
        if (is_change or path.startswith("/api")) and _is_foreign(headers):
            return refused(403, "another site asks through this browser: refused")
        if is_change and not _is_small_json(headers):
            return refused(415, f"send application/json, {_MOST_BYTES} bytes at most")
        if not is_change and scope["method"] not in _METHODS:
            answer = refused(405, "nothing can be changed here: only GET is answered")
            answer.headers["allow"] = "GET, HEAD"
            return answer
        return None

    def _wall(self, scope: Scope) -> ASGIApp | None:
        """Files of the page are no secret; what it shows is."""
        path = scope["path"]
        is_shown = path in _PAGES or path.startswith("/api")
        if not is_shown or path in _OPEN or path in CHANGES:
            return None
        refusal = self._may_look(HTTPConnection(scope))
        if refusal is None:
            return None
        if path in _PAGES:
            return RedirectResponse("/login", 303)
        return answer_of(refusal)

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, text in self._headers.items():
                    headers[name] = text
            await send(message)

        return send_with_headers


def refused(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence, "dependency": None}, status)


def answer_of(refusal: Refusal) -> JSONResponse:
    answer = refused(refusal.status, refusal.sentence)
    answer.headers.update(_headers_of(refusal))
    return answer


def http_error(refusal: Refusal) -> HTTPException:
    return HTTPException(refusal.status, refusal.sentence, _headers_of(refusal))


def _headers_of(refusal: Refusal) -> dict[str, str]:
    wait_secs = math.ceil(refusal.wait_secs)
    return {"retry-after": str(wait_secs)} if wait_secs else {}
