"""Market events from a list, as a replay gives them."""

from collections.abc import Iterable, Sequence

from threet.model.events import Event
from threet.ports.market_feed import Deliver, FeedStatistics, Interests


class MemoryFeed:
    def __init__(self, batches: Iterable[Sequence[Event]] = ()) -> None:
        self._batches = batches
        self._frames = 0

    async def run(self, interests: Interests, deliver: Deliver) -> None:
        del interests  # a replay holds what was recorded
        for batch in self._batches:
            self._frames += 1
            deliver(batch)

    def statistics(self) -> FeedStatistics:
        return FeedStatistics(frames=self._frames, is_connected=True)
