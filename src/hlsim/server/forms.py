"""The two forms an answer has: an HTTP response, or a `post` frame."""

from http import HTTPStatus
from typing import Protocol, TypeVar

import msgspec
from aiohttp import web

from hlsim.faults.damage import damaged
from hlsim.faults.kinds import MalformedAnswer
from hlsim.faults.plan import Body
from hlsim.faults.stamps import shifted
from hlsim.wire import messages

JSON = "application/json"
T = TypeVar("T")


class Form(Protocol[T]):
    """Makes and changes answers."""

    def refusal(self, status: int, body: Body, retry_after_secs: int | None) -> T:
        """Return a status with a body that says nothing new."""
        ...

    def said(self, payload: object) -> T:
        """Return an answer of its own."""
        ...

    def spoiled(self, answer: T, fault: MalformedAnswer) -> T:
        """Return ``answer`` damaged."""
        ...

    def shifted(self, answer: T, by_ms: int) -> T:
        """Return ``answer`` with its stamps moved."""
        ...


class HttpForm:
    """Answers of POST /info and POST /exchange."""

    def refusal(
        self, status: int, body: Body, retry_after_secs: int | None
    ) -> web.Response:
        """Return a response with that status."""
        text, content_type = _body(status, body)
        headers = {"Retry-After": str(retry_after_secs)} if retry_after_secs else None
        return web.Response(
            status=status, text=text, content_type=content_type, headers=headers
        )

    def said(self, payload: object) -> web.Response:
        """Return a JSON response."""
        return web.Response(body=msgspec.json.encode(payload), content_type=JSON)

    def spoiled(self, answer: web.Response, fault: MalformedAnswer) -> web.Response:
        """Return the response with a damaged body."""
        body = damaged(_bytes(answer), fault.how, fault.size_bytes)
        return _with(answer, body)

    def shifted(self, answer: web.Response, by_ms: int) -> web.Response:
        """Return the response with its stamps moved."""
        return _with(answer, shifted(_bytes(answer), by_ms)) if by_ms else answer


class PostForm:
    """Frames that answer a `post`, whose errors mirror a status (§5)."""

    def __init__(self, post_id: int, kind: str, asked: str) -> None:
        """Answer a post of type info or action; ``asked`` is the info type."""
        self._post_id = post_id
        self._kind = kind
        self._asked = asked

    def refusal(self, status: int, body: Body, retry_after_secs: int | None) -> bytes:
        """Return an error frame."""
        text = f"{status} {_phrase(status)}"
        return messages.post_answer(self._post_id, "error", text)

    def said(self, payload: object) -> bytes:
        """Return an answer frame."""
        if self._kind == "info":
            payload = {"type": self._asked, "data": payload}
        return messages.post_answer(self._post_id, self._kind, payload)

    def spoiled(self, answer: bytes, fault: MalformedAnswer) -> bytes:
        """Return the frame damaged."""
        return damaged(answer, fault.how, fault.size_bytes)

    def shifted(self, answer: bytes, by_ms: int) -> bytes:
        """Return the frame as it is: the session moves the stamps of all frames."""
        return answer


def _bytes(answer: web.Response) -> bytes:
    return answer.body if isinstance(answer.body, bytes) else b""


def _with(answer: web.Response, body: bytes) -> web.Response:
    return web.Response(
        status=answer.status, body=body, content_type=answer.content_type
    )


def _body(status: int, body: Body) -> tuple[str, str]:
    phrase = _phrase(status)
    match body:
        case "html":
            page = f"<html><head><title>{status} {phrase}</title></head><body>"
            return f"{page}<h1>{status} {phrase}</h1></body></html>", "text/html"
        case "json":
            return msgspec.json.encode({"error": phrase}).decode(), JSON
        case "null_json":
            return "null", JSON
        case "empty":
            return "", "text/plain"
        case "text":
            return phrase, "text/plain"


def _phrase(status: int) -> str:
    known = [one.phrase for one in HTTPStatus if one == status]
    return known[0] if known else "Error"
