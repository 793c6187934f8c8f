"""Starting and stopping."""

import asyncio
import socket

import aiohttp
import pytest

from hlsim.server.manual_clock import ManualClock
from hlsim.server.running import DriverFailedError, running
from hlsim.server.settings import Settings
from tests.unit.hlsim.server.conftest import Desk, follow, said

SMALL = Settings(symbols=3, history_days=0)


async def test_two_exchanges_take_two_free_ports() -> None:
    async with (
        running(SMALL, ManualClock()) as one,
        running(SMALL, ManualClock()) as two,
    ):
        assert one.url != two.url


async def test_the_port_is_free_again_afterwards() -> None:
    async with running(SMALL, ManualClock()) as server:
        port = int(server.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)) as listener:
        assert listener.getsockname()[1] == port


async def test_connected_clients_are_told_when_it_stops() -> None:
    async with aiohttp.ClientSession() as session:
        async with running(SMALL, ManualClock()) as server:
            client = await session.ws_connect(server.ws_url)
            await client.send_json({"method": "ping"})
            await said(client)
        assert (await client.receive(timeout=60)).type is aiohttp.WSMsgType.CLOSE


class StoppedClock(ManualClock):
    async def wait_until(self, event_ms: int) -> None:
        raise RuntimeError(f"{event_ms} never comes")


async def serve_until_it_fails() -> None:
    async with running(SMALL, StoppedClock()) as server:
        await asyncio.wait({server.driver})


async def test_a_failed_exchange_is_not_passed_over_in_silence() -> None:
    with pytest.raises(DriverFailedError):
        await serve_until_it_fails()


async def test_the_same_server_answers_rest_and_stream(desk: Desk) -> None:
    client = await desk.connect()
    await follow(client, type="allMids")
    assert (await said(client))["data"]["mids"] == await desk.ask(type="allMids")
