"""What is recorded can be played: every frame, its bytes and its spacing."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hlsim.market.capture import read_capture
from hlsim.server.options import parse_dex
from hlsim.server.recording import FrameFile, Recorded, record
from hlsim.server.settings import RecordedFile
from hlsim.server.upstream import UpstreamError
from tests.polling import until
from tests.unit.hlsim.server.conftest import Desk, Open, follow

BLOCKS, BLOCK_MS = 40, 200


class Stamps:
    """Receive times by the exchange's clock, counted."""

    def __init__(self, desk: Desk) -> None:
        self._clock = desk.clock
        self.count = 0

    def now_ns(self) -> int:
        self.count += 1
        return self._clock.now_ms() * 1_000_000


async def lived(desk: Desk, socket: Any) -> list[str]:
    """Move block by block and return the frames that ``socket`` got."""
    frames = []
    for _ in range(BLOCKS):
        desk.clock.advance(BLOCK_MS)
        await socket.send_str('{"method":"ping"}')
        while "pong" not in (text := (await socket.receive(timeout=60)).data):
            frames.append(text)
    return frames


@asynccontextmanager
async def recording(
    desk: Desk, path: Path, coins: list[str]
) -> AsyncIterator[tuple[Stamps, Callable[[], Awaitable[Recorded]]]]:
    """Record until the second value is called."""
    stopped, stamps = asyncio.Event(), Stamps(desk)
    url = desk.server.url
    running = asyncio.create_task(
        record(url, path, coins=coins, stopped=stopped, now_ns=stamps.now_ns)
    )

    async def stop() -> Recorded:
        stopped.set()
        return await running

    try:
        yield stamps, stop
    finally:
        running.cancel()


async def recorded(desk: Desk, path: Path, coins: list[str]) -> Recorded:
    """Record 8 s of the exchange, each coin's snapshots first."""
    async with asyncio.timeout(60), recording(desk, path, coins) as (stamps, stop):
        await until(lambda: stamps.count >= 1 + 3 * max(len(coins), 1))
        await lived(desk, await desk.connect())
        return await stop()


async def test_a_recording_has_meta_and_then_every_frame(
    desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "two.gz"
    done = await recorded(desk, path, ["BTC", "ETH"])
    capture = read_capture(path)
    assert capture.instruments == desk.server.exchange.universe.instruments
    frames = list(capture.frames())
    assert len(frames) == done.frames > 20
    assert capture.skipped == 0
    assert {one.coin for one in frames} == {"BTC", "ETH"} == set(done.coins)
    channels = {one.channel for one in frames}
    assert channels == {"l2Book", "trades", "bbo", "activeAssetCtx"}
    first = gzip.decompress(path.read_bytes()).split(b"\n")[0].split(b" ", 1)[1]
    _, _, answer = await desk.post("/info", {"type": "meta"})
    assert first == b'{"channel":"meta","data":' + answer + b"}"


async def test_a_recording_is_played_byte_by_byte_on_all_channels(
    desk: Desk, open_desk: Open, tmp_path: Path
) -> None:
    path = tmp_path / "eth.gz"
    await recorded(desk, path, ["ETH"])
    played = await open_desk(recordings=(RecordedFile(path),), holdings=())
    universe = played.server.exchange.universe
    assert universe == desk.server.exchange.universe

    socket = await played.connect()
    for channel in ("l2Book", "trades", "bbo", "activeAssetCtx"):
        await follow(socket, type=channel, coin="ETH")
    heard = await lived(played, socket)
    wanted = [one.payload.decode() for one in read_capture(path).frames()]
    # Frames of the last moment are due 250 ms later than they came.
    assert len(heard) > len(wanted) - 20
    assert heard == wanted[: len(heard)]

    meta, contexts = await played.ask(type="metaAndAssetCtxs")
    names = [one["name"] for one in meta["universe"]]
    context = contexts[names.index("ETH")]
    told = [msgspec.json.decode(one) for one in heard if "activeAssetCtx" in one]
    assert context == told[-1]["data"]["ctx"]
    best = [msgspec.json.decode(one) for one in heard if '"bbo"' in one][-1]["data"]
    book = await played.ask(type="l2Book", coin="ETH")
    assert [side[0] for side in book["levels"]] == best["bbo"]


async def test_builder_dexes_are_recorded_with_their_meta(
    open_desk: Open, tmp_path: Path
) -> None:
    desk = await open_desk(dexes=(parse_dex("xyz:AAPL=190@2@10"),))
    path = tmp_path / "dex.gz"
    await recorded(desk, path, ["xyz:AAPL"])
    capture = read_capture(path)
    assert capture.instruments == desk.server.exchange.universe.instruments
    assert {one.coin for one in capture.frames()} == {"xyz:AAPL"}


async def test_without_coins_all_listed_ones_are_recorded(
    open_desk: Open, tmp_path: Path
) -> None:
    desk = await open_desk(symbols=8)  # MATIC is delisted
    done = await recorded(desk, tmp_path / "all.gz", [])
    assert "MATIC" not in done.coins
    assert len(done.coins) == done.listed == 7


async def test_what_cannot_be_recorded_is_a_sentence(
    desk: Desk, tmp_path: Path
) -> None:
    async def attempt(url: str, path: Path, *coins: str) -> None:
        stopped = asyncio.Event()
        await record(url, path, coins=coins, stopped=stopped, now_ns=lambda: 0)

    url = desk.server.url
    with pytest.raises(ValueError, match="no such coin is listed there: NOPE"):
        await attempt(url, tmp_path / "a.gz", "BTC", "NOPE")
    with pytest.raises(UpstreamError, match="does not answer"):
        await attempt(url + "/nowhere", tmp_path / "a.gz")
    assert list(tmp_path.iterdir()) == []
    there = tmp_path / "there.gz"
    there.touch()
    with pytest.raises(FileExistsError):
        await attempt(url, there, "BTC")


async def test_a_recorder_finds_its_way_back_after_a_lost_connection(
    desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "b.gz"
    async with asyncio.timeout(60), recording(desk, path, ["BTC"]) as (stamps, stop):
        await until(lambda: stamps.count >= 4)
        (session,) = desk.server.hub.sessions
        session.cut_off()
        # The snapshots come a second time.
        await until(lambda: stamps.count >= 8)
        assert (await stop()).frames == stamps.count - 1


def test_what_was_flushed_is_readable_though_the_recorder_is_killed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "c.gz"
    frame = b'{"channel":"bbo","data":{"coin":"BTC","time":1,"bbo":[null,null]}}'
    with FrameFile(path) as file:
        file.write(1_000_000, frame)
        file.flush()
        whole = path.stat().st_size
        file.write(2_000_000, frame)
        file.flush()
        torn = path.read_bytes()[: whole + 15]
    assert len(list(read_capture(path).frames())) == 2
    path.write_bytes(torn)
    (only,) = read_capture(path).frames()
    assert (only.received_ms, only.payload) == (1, frame)
