"""The client of another exchange: answers or a sentence, and patience."""

import asyncio

import pytest

from hlsim.server.settings import Limits
from hlsim.server.upstream import UpstreamError, connected
from tests.polling import until
from tests.unit.hlsim.server.conftest import Desk, Open

NOBODY = "http://127.0.0.1:9"  # a port that nothing listens on


async def test_pauses_double_up_to_half_a_minute() -> None:
    pauses: list[float] = []
    tired = asyncio.Event()

    async def sleep(secs: float) -> None:
        pauses.append(secs)
        if len(pauses) == 10:
            tired.set()
            await asyncio.Event().wait()

    async with connected(NOBODY, sleep) as upstream:
        listening = asyncio.create_task(upstream.listen(lambda _: None))
        async with asyncio.timeout(60):
            await tired.wait()
        listening.cancel()
        await asyncio.wait({listening})
    assert pauses == [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]


async def test_a_frame_makes_the_next_pause_short(desk: Desk) -> None:
    pauses: list[float] = []
    heard: list[bytes] = []

    async def sleep(secs: float) -> None:
        pauses.append(secs)
        await asyncio.sleep(0)

    async with connected(desk.server.url, sleep) as upstream:
        await upstream.follow([{"type": "bbo", "coin": "BTC"}])
        listening = asyncio.create_task(upstream.listen(heard.append))
        async with asyncio.timeout(60):
            for number in range(1, 4):
                await cut_off_after(2 * number, heard, desk)
        listening.cancel()
        await asyncio.wait({listening})
    assert set(pauses) == {0.25}
    assert b'"subscriptionResponse"' in heard[0]
    assert b'"bbo"' in heard[1]


async def cut_off_after(frames: int, heard: list[bytes], desk: Desk) -> None:
    await until(lambda: len(heard) >= frames)
    (session,) = desk.server.hub.sessions
    session.cut_off()
    await until(lambda: session not in desk.server.hub.sessions)


async def test_topics_may_be_added_while_it_listens(desk: Desk) -> None:
    heard: list[bytes] = []
    topic = {"type": "allMids"}
    async with connected(desk.server.url) as upstream:
        listening = asyncio.create_task(upstream.listen(heard.append))
        async with asyncio.timeout(60):
            await until(lambda: desk.server.connections == 1)
            await until(lambda: upstream.is_connected)
            await upstream.follow([topic, topic])
            await upstream.follow([topic])
            await until(lambda: len(heard) >= 2)
        listening.cancel()
        await asyncio.wait({listening})
    assert [b"allMids" in one for one in heard] == [True, True]


async def test_what_is_no_answer_is_an_error_with_the_url(open_desk: Open) -> None:
    poor = await open_desk(limits=Limits(ip_weight=1))
    async with connected(NOBODY) as upstream:
        with pytest.raises(UpstreamError, match=f"{NOBODY} does not answer"):
            await upstream.ask(type="meta")
    async with connected(poor.server.url) as upstream:
        with pytest.raises(UpstreamError, match="status 429"):
            await upstream.ask(type="meta")
