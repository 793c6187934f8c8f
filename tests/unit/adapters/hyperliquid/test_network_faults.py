"""The kind of an error follows from its type, however it is wrapped."""

import errno
import socket
import ssl

import aiohttp
import pytest
import urllib3
from aiohttp.client_reqrep import ConnectionKey
from urllib3 import exceptions as http

from threet.adapters.hyperliquid.network_faults import kind_of
from threet.model.errors import FailureKind

KEY = ConnectionKey("localhost", 1, False, True, None, None, None)
POOL = urllib3.HTTPConnectionPool("localhost")


def wrapped(cause: BaseException) -> http.HTTPError:
    error = http.ProtocolError("Connection aborted.", cause)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError(), FailureKind.TIMEOUT),
        (http.ReadTimeoutError(POOL, "/", "slow"), FailureKind.TIMEOUT),
        (http.ConnectTimeoutError("slow"), FailureKind.TIMEOUT),
        (wrapped(ConnectionRefusedError()), FailureKind.CONNECTION_REFUSED),
        (wrapped(ConnectionResetError()), FailureKind.CLOSED),
        (wrapped(OSError(errno.ENETUNREACH, "x")), FailureKind.NETWORK_UNREACHABLE),
        (wrapped(OSError(errno.EHOSTUNREACH, "x")), FailureKind.NETWORK_UNREACHABLE),
        (wrapped(socket.gaierror(-2, "x")), FailureKind.DNS),
        (http.SSLError(ssl.SSLError("x")), FailureKind.SSL),
        (http.IncompleteRead(1, 2), FailureKind.CLOSED),
        (aiohttp.ClientConnectorError(KEY, ConnectionRefusedError()),
         FailureKind.CONNECTION_REFUSED),
        (aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(-2, "x")),
         FailureKind.DNS),
        (aiohttp.ServerDisconnectedError(), FailureKind.CLOSED),
        (aiohttp.ServerTimeoutError(), FailureKind.TIMEOUT),
        (ValueError("connection refused, timed out"), FailureKind.OTHER),
    ],
)  # fmt: skip
def test_each_type_has_its_kind_and_no_word_matters(
    error: BaseException, kind: FailureKind
) -> None:
    assert kind_of(error) is kind


def test_errors_that_cause_each_other_end() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert kind_of(first) is FailureKind.OTHER
