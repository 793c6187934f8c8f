"""Market events from a list, as a replay gives them."""

from collections.abc import Iterable, Sequence

from threet.model.events import Event
from threet.model.trades import Trade
from threet.ports.market_feed import (
    Deliver,
    FeedStatistics,
    Interests,
    NoteGap,
    ignore_gap,
)


class MemoryFeed:
    def __init__(self, batches: Iterable[Sequence[Event]] = ()) -> None:
        self._batches = batches
        self._frames = 0

    async def run(
        self, interests: Interests, deliver: Deliver, note_gap: NoteGap = ignore_gap
    ) -> None:
        del interests, note_gap  # a replay holds what was recorded, whole
        for batch in self._batches:
            self._frames += 1
            deliver(batch)

    def follow(self, interests: Interests) -> None:
        del interests

    def trade_gaps(self) -> Sequence[str]:
        return ()

    def recovered(self, symbol: str, trades: Sequence[Trade]) -> None:
        del symbol, trades

    def statistics(self) -> FeedStatistics:
        return FeedStatistics(frames=self._frames, is_connected=True)
