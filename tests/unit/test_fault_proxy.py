"""The proxy of the tests fails in each way it says, and in no other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.fault_proxy import HOST, FaultProxy, Weather, fault_proxy

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], Awaitable[Ends]]
SOON_SECS = 0.15


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def echoed() -> AsyncIterator[tuple[FaultProxy, Connect]]:
    """A proxy before a server that sends everything back, and its clients."""
    server = await asyncio.start_server(echo, HOST, 0)
    clients: list[Ends] = []

    async def connect() -> Ends:
        clients.append(await asyncio.open_connection(HOST, proxy.port))
        return clients[-1]

    try:
        async with (
            asyncio.timeout(60),
            fault_proxy(to_port=server.sockets[0].getsockname()[1]) as proxy,
        ):
            yield proxy, connect
    finally:
        server.close()
        for _, writer in clients:
            writer.transport.abort()
        await asyncio.sleep(SOON_SECS)  # the server's ends hear of it


async def asked(ends: Ends, text: bytes = b"ping") -> bytes:
    ends[1].write(text)
    return await ends[0].readexactly(len(text))


async def is_silent(ends: Ends) -> bool:
    try:
        await asyncio.wait_for(ends[0].read(1), SOON_SECS)
    except TimeoutError:
        return True
    return False


async def test_in_good_weather_every_byte_of_every_connection_passes() -> None:
    async with echoed() as (proxy, connect):
        ends = [await connect() for _ in range(5)]
        texts = [bytes([65 + number]) * 300_000 for number in range(5)]
        pairs = zip(ends, texts, strict=True)
        assert await asyncio.gather(*(asked(one, text) for one, text in pairs)) == texts
        assert proxy.open_connections == proxy.accepted == 5
        assert proxy.passed_bytes == 2 * 5 * 300_000


async def test_latency_delays_each_way_once_and_may_begin_and_end() -> None:
    async with echoed() as (proxy, connect):
        ends = await connect()
        await asked(ends)
        loop = asyncio.get_running_loop()
        proxy.weather = Weather(latency_secs=0.1)
        began = loop.time()
        await asked(ends)
        assert loop.time() - began >= 0.2
        proxy.weather = Weather()
        took: list[float] = []
        for _ in range(10):
            began = loop.time()
            await asked(ends)
            took.append(loop.time() - began)
        assert min(took) < 0.1  # the others may have waited for the machine


async def test_a_byte_rate_is_not_exceeded() -> None:
    async with echoed() as (proxy, connect):
        ends = await connect()
        proxy.weather = Weather(bytes_per_second=10_000)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asked(ends, b"x" * 1_500)
        assert loop.time() - began >= 0.15


async def test_what_is_stalled_comes_in_order_when_it_lifts() -> None:
    async with echoed() as (proxy, connect):
        ends = await connect()
        await asked(ends)
        proxy.weather = Weather(is_stalled=True)
        ends[1].write(b"first ")
        assert await is_silent(ends)
        ends[1].write(b"second")
        proxy.weather = Weather()
        assert await ends[0].readexactly(12) == b"first second"


async def test_what_is_sent_half_open_vanishes_and_nobody_is_told() -> None:
    async with echoed() as (proxy, connect):
        ends = await connect()
        await asked(ends)
        proxy.weather = Weather(is_half_open=True)
        ends[1].write(b"lost")
        assert await is_silent(ends)
        assert proxy.open_connections == 1
        proxy.weather = Weather()
        assert await asked(ends, b"kept") == b"kept"


async def test_a_half_open_link_tells_of_its_end_when_it_lifts() -> None:
    async with echoed() as (proxy, connect):
        ends = await connect()
        await asked(ends)
        proxy.weather = Weather(is_half_open=True)
        ends[1].write_eof()
        assert await is_silent(ends)
        proxy.weather = Weather()
        assert await ends[0].read() == b""


async def test_close_ends_every_connection_in_order() -> None:
    async with echoed() as (proxy, connect):
        ends = [await connect() for _ in range(3)]
        await asyncio.gather(*(asked(one) for one in ends))
        proxy.close()
        assert [await one[0].read() for one in ends] == [b""] * 3
        assert proxy.open_connections == 0
        assert await asked(await connect()) == b"ping"


async def test_reset_is_a_reset() -> None:
    async with echoed() as (proxy, connect):
        ends = await connect()
        await asked(ends)
        proxy.reset()
        with pytest.raises(ConnectionResetError):
            await ends[0].read()


async def test_a_refused_connection_is_reset() -> None:
    async with echoed() as (proxy, connect):
        proxy.weather = Weather(is_refusing=True)
        with pytest.raises(ConnectionError):
            await asked(await connect())


async def test_a_frame_is_cut_after_exactly_so_many_bytes() -> None:
    async with echoed() as (proxy, connect):
        ends = await connect()
        await asked(ends)
        proxy.cut_after(7)
        ends[1].write(b"a frame of more bytes")
        assert await ends[0].read() == b"a frame"


async def test_a_cut_may_be_set_before_the_connection() -> None:
    async with echoed() as (proxy, connect):
        proxy.cut_after(2)
        ends = await connect()
        ends[1].write(b"frame")
        assert await ends[0].read() == b"fr"
        assert await asked(await connect()) == b"ping"


async def test_without_a_server_a_client_is_reset() -> None:
    async with echoed() as (proxy, connect):
        proxy.to_port = 1
        with pytest.raises(ConnectionError):
            await asked(await connect())


async def test_it_ends_cleanly_whatever_the_weather() -> None:
    before = asyncio.all_tasks()
    async with echoed() as (proxy, connect):
        ends = await connect()
        await asked(ends)
        proxy.weather = Weather(is_stalled=True, is_half_open=True)
        ends[1].write(b"held")
        assert await is_silent(ends)
    assert proxy.open_connections == 0
    assert asyncio.all_tasks() == before
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(HOST, proxy.port)
