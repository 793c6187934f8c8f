"""What went wrong on the way, by the type of the error, never by its words (R21)."""

import errno
import socket
import ssl
from collections.abc import Iterator

import aiohttp
import urllib3.exceptions as http

from threet.model.errors import FailureKind

_UNREACHABLE = {
    *(errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN),
    errno.EADDRNOTAVAIL,
}
# In this order: a library's error for a name that is unknown is one for a connection
# that cannot be made, too.
_KINDS: tuple[tuple[FailureKind, tuple[type[BaseException], ...]], ...] = (
    (
        FailureKind.DNS,
        (socket.gaierror, http.NameResolutionError, aiohttp.ClientConnectorDNSError),
    ),
    (
        FailureKind.SSL,
        (ssl.SSLError, http.SSLError, aiohttp.ClientSSLError),
    ),
    (FailureKind.TIMEOUT, (TimeoutError, http.TimeoutError)),
    (FailureKind.CONNECTION_REFUSED, (ConnectionRefusedError,)),
    (
        FailureKind.CLOSED,
        (
            *(ConnectionError, http.ProtocolError, http.IncompleteRead),
            *(aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError),
        ),
    ),
    (
        FailureKind.SERVER_ERROR,
        (aiohttp.WSServerHandshakeError, aiohttp.ClientResponseError),
    ),
)


def kind_of(error: BaseException) -> FailureKind:
    """Of the first cause that tells; wrapped ones are looked at before their wrapper.

    urllib3 wraps the system's error as the cause, or among the arguments.
    """
    chain = list(_causes(error))
    for one in reversed(chain):
        if isinstance(one, OSError) and one.errno in _UNREACHABLE:
            return FailureKind.NETWORK_UNREACHABLE
        for kind, types in _KINDS:
            if isinstance(one, types):
                return kind
    return FailureKind.OTHER


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [one.__cause__, one.__context__, getattr(one, "os_error", None)]
        waiting += [
            cause for cause in (*inner, *one.args) if isinstance(cause, BaseException)
        ]
