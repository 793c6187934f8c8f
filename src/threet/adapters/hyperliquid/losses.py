"""Why connections ended, by kind, and how often each."""

import ssl
from collections import Counter
from enum import Enum

import aiohttp


class Loss(Enum):
    """What ended a connection, or kept it from being made."""

    CLOSED = "closed"  # the server said goodbye
    NETWORK = "network"  # reset, broken, unreachable
    REFUSED = "refused"  # nobody listens
    HANDSHAKE = "handshake"  # an HTTP answer instead of a WebSocket
    TIMEOUT = "timeout"  # nothing within the time for the handshake or a message
    DNS = "dns"
    TLS = "tls"
    FRAME = "frame"  # against WebSocket's own rules, or too large
    HALF_OPEN = "half_open"  # nothing received, not even an answer to a ping
    SUBSCRIPTION = "subscription"  # lives, but does not say what was asked for


class Losses:
    def __init__(self) -> None:
        self._counts: Counter[Loss] = Counter()

    def add(self, loss: Loss) -> None:
        self._counts[loss] += 1

    def __str__(self) -> str:
        """Like "closed 2, half_open 1"; "" without any."""
        return ", ".join(f"{one.value} {n}" for one, n in _sorted(self._counts))


def _sorted(counts: Counter[Loss]) -> list[tuple[Loss, int]]:
    return sorted(counts.items(), key=lambda pair: pair[0].value)


def loss_of(error: Exception) -> Loss:
    """The kind of an error that ended a connection."""
    for kinds, loss in _KINDS:
        if isinstance(error, kinds):
            return loss
    return Loss.NETWORK


# The first that fits: aiohttp's errors inherit from each other and from OSError.
_KINDS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Loss], ...] = (
    (TimeoutError, Loss.TIMEOUT),
    (aiohttp.WSServerHandshakeError, Loss.HANDSHAKE),
    (aiohttp.ClientConnectorDNSError, Loss.DNS),
    ((aiohttp.ClientSSLError, ssl.SSLError), Loss.TLS),
    ((aiohttp.ClientConnectorError, ConnectionRefusedError), Loss.REFUSED),
)
