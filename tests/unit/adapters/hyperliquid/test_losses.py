"""Every way a connection ends has its kind."""

import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from threet.adapters.hyperliquid.losses import Loss, Losses, loss_of

KEY = ConnectionKey("x", 1, False, True, None, None, None)


@pytest.mark.parametrize(
    ("error", "loss"),
    [
        (TimeoutError(), Loss.TIMEOUT),
        (aiohttp.ServerTimeoutError(), Loss.TIMEOUT),
        (aiohttp.ClientConnectorDNSError(KEY, OSError()), Loss.DNS),
        (aiohttp.ClientConnectorError(KEY, ConnectionRefusedError()), Loss.REFUSED),
        (aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError()), Loss.TLS),
        (ConnectionResetError(), Loss.NETWORK),
        (aiohttp.ClientConnectionResetError(), Loss.NETWORK),
        (OSError("no route"), Loss.NETWORK),
    ],
    ids=repr,
)
def test_an_error_has_its_kind(error: Exception, loss: Loss) -> None:
    assert loss_of(error) is loss


def test_counts_are_told_by_kind() -> None:
    losses = Losses()
    assert str(losses) == ""
    for loss in (Loss.HALF_OPEN, Loss.CLOSED, Loss.CLOSED):
        losses.add(loss)
    assert str(losses) == "closed 2, half_open 1"
