"""Records the websocket of a HyperLiquid into a file that `hlsim serve` can play.

The file is gzip lines of ``receive-time-ns frame``, first the answers of meta. It is
written in members of their own, so that what was flushed can be read even if the
recorder is killed.
"""

import asyncio
import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from hlsim.core.universe import FIRST_DEX, Instrument
from hlsim.market.frames import CHANNELS
from hlsim.market.metas import meta_frame, read_meta
from hlsim.server.upstream import Upstream, UpstreamError, connected

# Four channels a coin, a thousand subscriptions an address (§1.5).
MOST_COINS = 250
_FLUSH_SECS = 1.0
_FLUSH_BYTES = 1 << 18
_ANSWERS = frozenset({"pong", "subscriptionResponse"})


class _Channel(msgspec.Struct, frozen=True):
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded: frames, and the coins followed of those listed."""

    frames: int
    coins: tuple[str, ...]
    listed: int


class FrameFile:
    """A file of frames, compressed a member at a time."""

    def __init__(self, path: Path) -> None:
        """Make the file; raises FileExistsError."""
        self._file = path.open("xb")
        self._lines: list[bytes] = []
        self._waiting = 0
        self.frames = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.flush()
        self._file.close()

    def write(self, received_ns: int, frame: bytes) -> None:
        """Keep a frame for the next flush."""
        line = b"%d %s\n" % (received_ns, frame)
        self._lines.append(line)
        self._waiting += len(line)
        self.frames += 1
        if self._waiting >= _FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits, as a gzip member of its own."""
        if self._lines:
            self._file.write(gzip.compress(b"".join(self._lines), mtime=0))
            self._file.flush()
            self._lines.clear()
            self._waiting = 0


async def record(
    url: str,
    path: Path,
    *,
    coins: Sequence[str],
    stopped: asyncio.Event,
    now_ns: Callable[[], int],
) -> Recorded:
    """Record until ``stopped``; no coins are all listed ones, 250 at most.

    Raises UpstreamError if the exchange does not answer at first, ValueError for coins
    that it does not have, FileExistsError for a file that is there.
    """
    async with connected(url) as upstream:
        metas = await _metas(upstream, coins)
        listed = [one for _, rows in metas for one in rows if not one.is_delisted]
        chosen = _chosen(listed, coins)
        with FrameFile(path) as file:
            for answer, _ in metas:
                file.write(now_ns(), meta_frame(answer))
            file.flush()
            file.frames = 0
            await upstream.follow(
                {"type": channel, "coin": coin}
                for coin in chosen
                for channel in CHANNELS
            )
            await _until(stopped, upstream, file, now_ns)
            return Recorded(file.frames, chosen, len(listed))


async def _metas(
    upstream: Upstream, coins: Sequence[str]
) -> list[tuple[bytes, tuple[Instrument, ...]]]:
    """Return the answers of meta of the first dex and of those named by coins."""
    named = (one.partition(":")[0] for one in coins if ":" in one)
    found: list[tuple[bytes, tuple[Instrument, ...]]] = []
    for dex in dict.fromkeys((FIRST_DEX, *named)):
        answer = await upstream.ask(type="meta", dex=dex)
        try:
            found.append((answer, read_meta(answer)))
        except msgspec.DecodeError as error:
            raise UpstreamError(upstream.url, "its meta cannot be read") from error
    return found


def _chosen(listed: Sequence[Instrument], coins: Sequence[str]) -> tuple[str, ...]:
    names = [one.name for one in listed]
    unknown = sorted(set(coins) - set(names))
    if unknown:
        raise ValueError(f"no such coin is listed there: {', '.join(unknown)}")
    if len(coins) > MOST_COINS:
        raise ValueError(f"at most {MOST_COINS} coins can be recorded at once")
    return tuple(dict.fromkeys(coins)) or tuple(names[:MOST_COINS])


async def _until(
    stopped: asyncio.Event,
    upstream: Upstream,
    file: FrameFile,
    now_ns: Callable[[], int],
) -> None:
    def hear(frame: bytes) -> None:
        if _channel(frame) not in _ANSWERS:
            file.write(now_ns(), frame)

    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(upstream.listen(hear), name="record frames"),
            tasks.create_task(_flushing(file), name="flush frames"),
        ]
        await stopped.wait()
        for task in running:
            task.cancel()


async def _flushing(file: FrameFile) -> None:
    while True:
        await asyncio.sleep(_FLUSH_SECS)
        file.flush()


def _channel(frame: bytes) -> str:
    try:
        return msgspec.json.decode(frame, type=_Channel).channel
    except msgspec.DecodeError:
        return ""
