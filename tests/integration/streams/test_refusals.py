"""A server that answers with errors, over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from tests.integration.streams.redis_bus import at, made_consumer, made_publisher
from tests.polling import until
from threet.adapters.redis_streams.address import RedisAddress
from threet.adapters.redis_streams.live_view import RedisLiveView
from threet.adapters.redis_streams.pipe import RedisPipe, RefusedCommandError
from threet.model.candles import Timeframe
from threet.model.events import Envelope


@asynccontextmanager
async def refusing(answer: bytes, on_call: Callable[[int], None]) -> AsyncIterator[int]:
    """A server that answers whatever it hears by ``answer``, on every connection."""
    calls = ended = 0

    async def refuse(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        nonlocal calls, ended
        calls += 1
        on_call(calls)
        while await reader.read(65_536):
            writer.write(answer)
        writer.close()
        await writer.wait_closed()
        ended += 1

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        async with asyncio.timeout(60):
            await until(lambda: ended == calls)


async def ignore(envelopes: Sequence[Envelope]) -> None:
    del envelopes


async def test_a_consumer_waits_for_a_server_that_is_still_loading() -> None:
    def stop_at_second(calls: int) -> None:
        if calls == 2:
            consumer.stop()

    async with refusing(b"-LOADING reading the dataset\r\n", stop_at_second) as port:
        consumer = made_consumer(port)
        async with asyncio.timeout(60):
            await consumer.run(ignore)
    assert consumer.statistics().reconnects == 2


async def test_a_consumer_without_rights_ends() -> None:
    async with refusing(b"-NOPERM no rights\r\n", lambda _: None) as port:
        consumer = made_consumer(port)
        async with asyncio.timeout(60):
            with pytest.raises(RefusedCommandError):
                await consumer.run(ignore)


async def test_a_refused_command_leaves_no_connection_open() -> None:
    async with refusing(b"-OOM too much\r\n", lambda _: None) as port:
        publisher, view = made_publisher(port), RedisLiveView(at(port))
        for _ in range(2):
            with pytest.raises(RefusedCommandError):
                await publisher.execute([("PING",)])
            with pytest.raises(RefusedCommandError):
                await view.forming("BTC", Timeframe.M1)
        await publisher.close()
        await view.close()


async def test_a_refused_greeting_leaves_no_connection_open() -> None:
    async with refusing(b"-ERR DB index is out of range\r\n", lambda _: None) as port:
        address = RedisAddress(host="127.0.0.1", port=port, db=99)
        with pytest.raises(RefusedCommandError):
            await RedisPipe.open(address)
