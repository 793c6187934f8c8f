"""A market that plays a capture: the frames as they were, with their spacing.

Playback begins a moment after the first subscription, so that a client which
subscribes to several channels misses nothing. Frames keep their own times; candles are
counted in the exchange's time, in which the playback happens.
"""

from collections.abc import Iterator, Sequence

from hlsim.core.market import Changes, RawFrame, Trade
from hlsim.market.capture import Capture, CapturedFrame
from hlsim.market.framed import FramedMarket

_POLL_MS = 20


class RecordedMarket(FramedMarket):
    """The coins of one capture."""

    def __init__(
        self,
        capture: Capture,
        *,
        seed: int,
        start_ms: int,
        delay_ms: int = 250,
        loop: bool = False,
    ) -> None:
        """Wait for `start`; ``delay_ms`` later the first frame is due."""
        super().__init__(capture.instruments, seed=seed, start_ms=start_ms)
        self._capture = capture
        self._delay_ms = delay_ms
        self._loop = loop
        self._began_ms: int | None = None
        self._played_ms = start_ms
        self._rewind()

    def _rewind(self) -> None:
        self._frames = self._capture.frames()
        self._next = next(self._frames, None)
        self._first_ms = self._next.received_ms if self._next else 0

    @property
    def keeps_queue(self) -> bool:
        """Return that a recorded order keeps its place."""
        return True

    @property
    def recorded_channels(self) -> frozenset[str]:
        """What the capture has goes out as it was recorded."""
        return self._capture.channels

    @property
    def skipped(self) -> int:
        """Lines that were no frames, as far as the capture was played."""
        return self._capture.skipped

    def start(self, at_ms: int) -> None:
        """Begin playback, if that was not done before."""
        if self._began_ms is None:
            self._began_ms = at_ms + self._delay_ms

    def next_ms(self, now_ms: int) -> int:
        """Return when the next frame is due; soon, as a subscription may come."""
        due = self._due_ms()
        return now_ms + _POLL_MS if due is None else min(due, now_ms + _POLL_MS)

    def _due_ms(self) -> int | None:
        if self._began_ms is None or self._next is None:
            return None
        return self._began_ms + self._next.received_ms - self._first_ms

    def advance(self, now_ms: int) -> Iterator[Changes]:
        """Yield the frames that are due, one by one."""
        while (due := self._due_ms()) is not None and due <= now_ms:
            frame = self._next
            self._next = next(self._frames, None)
            if self._loop and self._next is None:
                self._rewind()
                self._began_ms = due + self._delay_ms
            if frame is not None:
                yield self._play(frame, due)

    def _play(self, frame: CapturedFrame, at_ms: int) -> Changes:
        asset = self._universe.asset(frame.coin)
        if asset is None:
            raise LookupError(frame.coin)
        raw = (RawFrame(frame.channel, asset, frame.payload),)
        self._played_ms = at_ms
        try:
            changed, trades = self._take(asset, frame.content, at_ms)
        except ValueError:  # whoever follows the channel gets to see it all the same
            changed, trades = False, ()
        return Changes(
            at_ms,
            (asset,) if changed else (),
            ((asset, trades),) if trades else (),
            raw,
        )

    def printed(self, asset: int, trades: Sequence[Trade]) -> None:
        """Put trades on the tape, at the time of the playback."""
        self._tape.remember(asset, trades)
        for one in trades:
            # What was a backlog in the recording did not trade now.
            if one.time_ms >= self._first_ms:
                self._tape.count(asset, self._played_ms, one.px, one.sz)
