"""Reads a capture of the real websocket: gzip lines of ``receive-time-ns frame``."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hlsim.market.bars import UnreadableRecordingError


class CapturedLevel(msgspec.Struct, frozen=True):
    """One price of a captured book."""

    px: str
    sz: str
    n: int


class CapturedBook(msgspec.Struct, frozen=True):
    """Data of an l2Book frame."""

    coin: str
    time: int
    levels: tuple[list[CapturedLevel], list[CapturedLevel]]


class CapturedTrade(msgspec.Struct, frozen=True):
    """One trade of a trades frame."""

    coin: str
    side: str
    px: str
    sz: str
    time: int
    hash: str
    tid: int
    users: tuple[str, str]


class _BookFrame(msgspec.Struct, frozen=True, tag_field="channel", tag="l2Book"):
    data: CapturedBook


class _TradesFrame(msgspec.Struct, frozen=True, tag_field="channel", tag="trades"):
    data: list[CapturedTrade]


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """One line: when it was received, its bytes and what they say."""

    received_ms: int
    payload: bytes
    content: CapturedBook | tuple[CapturedTrade, ...]

    @property
    def channel(self) -> str:
        """The channel it came on."""
        return "l2Book" if isinstance(self.content, CapturedBook) else "trades"

    @property
    def coin(self) -> str:
        """The coin it is about."""
        if isinstance(self.content, CapturedBook):
            return self.content.coin
        return self.content[0].coin


def read_capture(path: Path) -> tuple[CapturedFrame, ...]:
    """Read a whole capture; raises UnreadableRecordingError."""
    try:
        frames = tuple(_frames(path))
    except (OSError, EOFError, ValueError) as error:
        reason = f"it is no capture of l2Book and trades frames ({error})"
        raise UnreadableRecordingError(path, reason) from error
    if not frames:
        raise UnreadableRecordingError(path, "it has no frames")
    return frames


def _frames(path: Path) -> Iterator[CapturedFrame]:
    kinds = _BookFrame | _TradesFrame
    decoder: msgspec.json.Decoder[_BookFrame | _TradesFrame] = msgspec.json.Decoder(
        kinds
    )
    with gzip.open(path, "rb") as lines:
        for line in lines:
            received, _, payload = line.rstrip(b"\r\n").partition(b" ")
            data = decoder.decode(payload).data
            content = data if isinstance(data, CapturedBook) else tuple(data)
            if content:
                yield CapturedFrame(int(received) // 1_000_000, payload, content)
