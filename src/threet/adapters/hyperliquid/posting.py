"""One POST to the exchange: pooled connections, bounded answers, typed errors."""

from collections.abc import Mapping

import msgspec
import urllib3

from threet.adapters.hyperliquid.network_faults import kind_of
from threet.model.errors import (
    FailureKind,
    MalformedAnswerError,
    RateLimitedError,
    RefusedByExchangeError,
    UnknownSymbolError,
    UnreachableError,
)
from threet.ports.clock import Clock

_OK = 200
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
# Without Retry-After: a full budget refills in a minute (HYPERLIQUID.md 1.3).
_RETRY_AFTER_SECS = 10.0
# 5000 candles are about 1 MB.
MAX_ANSWER_BYTES = 64 * 1024 * 1024
_READ_STEP = 1024 * 1024


class Posting:
    """Safe in many threads; asks once, and retries nothing.

    ``timeout_secs`` is to connect and between two parts of an answer; a body that is
    not whole after twice that, counted from the question, is given up.
    """

    def __init__(
        self, *, url: str, clock: Clock, timeout_secs: float, connections: int = 64
    ) -> None:
        self._url = url
        self._clock = clock
        self._timeout_secs = timeout_secs
        self._whole_secs = 2 * timeout_secs
        self._connections = connections
        self._pool = self._new_pool()

    def ask(
        self, name: str, request: Mapping[str, object], symbol: str | None = None
    ) -> bytes:
        """The body of a 200. ``symbol`` is what a 500 without words does not know.

        Raises the ``ExchangeError`` family and ``UnknownSymbolError``.
        """
        until = self._clock.monotonic() + self._whole_secs
        try:
            response = self._pool.request(
                "POST",
                self._url,
                body=msgspec.json.encode(request),
                headers={"Content-Type": "application/json"},
                preload_content=False,
                redirect=False,
            )
            try:
                body = self._bounded(name, response, until)
            finally:
                response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise UnreachableError(name, _reason(error), kind_of(error)) from error
        _require_ok(name, response, body, symbol)
        return body

    def recreate(self) -> None:
        """A request under way keeps its connection, which is then not used again."""
        before, self._pool = self._pool, self._new_pool()
        before.clear()

    def close(self) -> None:
        self._pool.clear()

    def _new_pool(self) -> urllib3.PoolManager:
        """Looks at no proxy of the environment, follows no redirect, retries none."""
        secs = self._timeout_secs
        return urllib3.PoolManager(
            maxsize=self._connections,
            block=False,
            retries=False,
            timeout=urllib3.Timeout(connect=secs, read=secs),
        )

    def _bounded(
        self, name: str, response: urllib3.BaseHTTPResponse, until: float
    ) -> bytes:
        chunks: list[bytes] = []
        size = 0
        # What is there, not a full step of it: a trickle must come back to us.
        while chunk := response.read1(_READ_STEP):
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                response.close()
                reason = f"is longer than {MAX_ANSWER_BYTES} bytes"
                raise MalformedAnswerError(name, reason)
            if self._clock.monotonic() > until:
                response.close()
                reason = f"the answer took longer than {self._whole_secs} s"
                raise UnreachableError(name, reason, FailureKind.TIMEOUT)
            chunks.append(chunk)
        return b"".join(chunks)


def _require_ok(
    name: str, response: urllib3.BaseHTTPResponse, body: bytes, symbol: str | None
) -> None:
    status = response.status
    if status == _OK:
        return
    if status == _TOO_MANY_REQUESTS:
        raise RateLimitedError(name, _retry_after(response))
    if status == _SERVER_ERROR and body.strip() == b"null" and symbol is not None:
        raise UnknownSymbolError(symbol)  # the exchange's way to say so (1.2)
    text = body[:120].decode("utf-8", "replace").strip()
    reason = f"HTTP {status}: {text}"
    if status >= _SERVER_ERROR:
        raise UnreachableError(name, reason, FailureKind.SERVER_ERROR)
    raise RefusedByExchangeError(name, reason)


def _retry_after(response: urllib3.BaseHTTPResponse) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else _RETRY_AFTER_SECS


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    return f"{type(error).__name__}: {error}"[:200]
