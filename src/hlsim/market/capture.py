"""Reads captures of a websocket: gzip lines of ``receive-time-ns frame``.

A capture made by `hlsim record` begins with answers of meta. Frames are read while
they are played, so a capture may be longer than memory; one that was cut off where its
recorder was killed ends there.
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hlsim.core.universe import Instrument
from hlsim.market.bars import UnreadableRecordingError
from hlsim.market.catalogue import known_listing
from hlsim.market.frames import CHANNELS, Content, channel_of, coin_of, decode_frame
from hlsim.market.metas import read_meta_frame

_BOOKS_AND_TRADES = frozenset({"l2Book", "trades"})


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """One line: when it was received, its bytes and what they say."""

    received_ms: int
    payload: bytes
    content: Content

    @property
    def channel(self) -> str:
        """The channel it came on."""
        return channel_of(self.content)

    @property
    def coin(self) -> str:
        """The coin it is about."""
        return coin_of(self.content)


class Capture:
    """A file of frames; ``skipped`` counts the lines that were none."""

    def __init__(
        self, path: Path, instruments: tuple[Instrument, ...], channels: frozenset[str]
    ) -> None:
        """Use `read_capture`."""
        self.path = path
        self.instruments = instruments
        self.channels = channels
        self.skipped = 0

    def frames(self) -> Iterator[CapturedFrame]:
        """Yield the frames of listed coins, from the first line on."""
        self.skipped = 0
        coins = {one.name for one in self.instruments}
        for received, payload in _lines(self.path):
            content = decode_frame(payload)
            if content is not None and coin_of(content) in coins:
                yield CapturedFrame(received // 1_000_000, payload, content)
            elif read_meta_frame(payload) is None:
                self.skipped += 1


def read_capture(path: Path) -> Capture:
    """Open a capture and find its coins; raises UnreadableRecordingError."""
    try:
        listed = _listed(path)
        # An older capture does not say what it has, so it is read through once.
        capture = (
            Capture(path, listed, frozenset(CHANNELS)) if listed else _scanned(path)
        )
        has_frames = next(capture.frames(), None) is not None
    except OSError as error:
        raise UnreadableRecordingError(path, f"it is no capture ({error})") from error
    if not has_frames:
        reason = "it is no capture of l2Book, trades, bbo or activeAssetCtx frames"
        raise UnreadableRecordingError(path, reason)
    return capture


def _listed(path: Path) -> tuple[Instrument, ...]:
    found: list[Instrument] = []
    for _, payload in _lines(path):
        metas = read_meta_frame(payload)
        if metas is None:
            break
        found += metas
    return tuple(found)


def _scanned(path: Path) -> Capture:
    coins: set[str] = set()
    channels = set(_BOOKS_AND_TRADES)
    for _, payload in _lines(path):
        content = decode_frame(payload)
        if content is not None:
            coins.add(coin_of(content))
            channels.add(channel_of(content))
    instruments = tuple(known_listing(coin).instrument for coin in sorted(coins))
    return Capture(path, instruments, frozenset(channels))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield receive time and frame of each line that has both, as far as it reads."""
    with gzip.open(path, "rb") as lines:
        try:
            for line in lines:
                received, _, payload = line.rstrip(b"\r\n").partition(b" ")
                if received.isdigit():
                    yield int(received), payload
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return  # cut off here
