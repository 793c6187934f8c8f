"""Who may look, and who may change something (S10).

With `web.token` nothing is shown to whoever did not give it. Without one everything is
shown, and changed only from this machine, on a simulated exchange.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from threet.bootstrap import WebParts
from threet.web.sessions import Session, Sessions, Tries, is_same

CSRF_HEADER = "x-csrf-token"
_BEARER = "bearer "
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not: a status, and a sentence with what to do."""

    status: int
    sentence: str
    wait_secs: float = 0.0


class Access:
    def __init__(self, parts: WebParts) -> None:
        self._parts = parts
        self._tries = Tries(parts.clock)
        self.sessions = Sessions(parts.clock)
        # Cookies know no ports: each 3T of a machine has its own.
        self.cookie = f"threet_session_{parts.port}"

    @property
    def needs_login(self) -> bool:
        return self._parts.token is not None

    def may_look(self, asker: HTTPConnection) -> Refusal | None:
        """None, or why not."""
        if not self.needs_login:
            return None
        session = self.session(asker)
        if session is not None and session.is_known:
            return None
        given = _bearer(asker)
        if given is None:
            return Refusal(401, "log in first: the page asks for `web.token`")
        return self.try_token(asker, given)

    def may_act(self, asker: HTTPConnection) -> Refusal | None:
        """Whether this request may change something; typed confirmations beside it."""
        if self.needs_login and _bearer(asker) is not None:
            return self.may_look(asker)  # no browser sends that by itself
        closed = self.why_closed(asker)
        if closed is not None:
            return Refusal(403, closed)
        return self.may_look(asker) or self.is_own_page(asker)

    def why_closed(self, asker: HTTPConnection) -> str | None:
        """Why nobody may change anything here without a token."""
        if self.needs_login:
            return None
        if self._parts.network != "simulator":
            return (
                "set `web.token` in secrets.yml: without a login only a simulated"
                " exchange is stopped and resumed from here; `3t kill` always works"
            )
        is_local = self._parts.host in _LOOPBACK_HOSTS and _is_local(asker)
        if not is_local:
            return (
                "set `web.token` in secrets.yml: without a login only this machine"
                " may stop and resume; `3t kill` always works"
            )
        return None

    def is_own_page(self, asker: HTTPConnection) -> Refusal | None:
        """None if our own page sent it: by its origin, its session and its secret."""
        if not _is_same_origin(asker):
            return Refusal(403, "the request does not come from this page")
        session = self.session(asker)
        given = asker.headers.get(CSRF_HEADER, "")
        if session is None or not is_same(given, session.csrf):
            return Refusal(403, "the page's secret is missing or old: load it again")
        return None

    def session(self, asker: HTTPConnection) -> Session | None:
        return self.sessions.find(self.session_name(asker))

    def session_name(self, asker: HTTPConnection) -> str | None:
        # Not starlette's reader: a bad cookie of another program must not hide ours.
        for part in asker.headers.get("cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == self.cookie:
                return value
        return None

    def try_token(self, asker: HTTPConnection, given: str) -> Refusal | None:
        """None if it is the token; a wrong one counts against its sender."""
        address = asker.client.host if asker.client else ""
        wait_secs = self._tries.wait_secs(address)
        if wait_secs > 0:
            return Refusal(429, "too many wrong tokens: wait a minute", wait_secs)
        if is_same(given, self._parts.token or ""):
            return None
        self._tries.note_failure(address)
        return Refusal(401, "this is not the token of secrets.yml (`web.token`)")


def _bearer(asker: HTTPConnection) -> str | None:
    header = asker.headers.get("authorization", "")
    return header[len(_BEARER) :] if header.lower().startswith(_BEARER) else None


def _is_local(asker: HTTPConnection) -> bool:
    host = asker.client.host if asker.client else ""
    return host == "::1" or host.startswith("127.")


def _is_same_origin(asker: HTTPConnection) -> bool:
    """Every browser tells the origin of a POST; who tells none is no page of ours."""
    origin = urlsplit(asker.headers.get("origin", ""))
    host = asker.headers.get("host", "")
    return origin.scheme in ("http", "https") and origin.netloc.lower() == host.lower()
