"""Ways to end a TCP connection, and to let it hang."""

import asyncio
import socket
import struct

# Linger for no time: closing then sends a reset.
_AT_ONCE = struct.pack("ii", 1, 0)


def cut(transport: asyncio.BaseTransport | None) -> None:
    """Close at once, whatever still waits to be written."""
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


def reset(transport: asyncio.BaseTransport | None) -> None:
    """Close at once with a TCP reset."""
    if transport is None or transport.is_closing():
        return
    plug = transport.get_extra_info("socket")
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    cut(transport)


def pause(transport: asyncio.BaseTransport | None) -> None:
    """Read nothing any more."""
    if isinstance(transport, asyncio.ReadTransport):
        transport.pause_reading()
