"""Market events as they happen, live or replayed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from threet.model.candles import Timeframe
from threet.model.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Interests:
    """What a feed shall deliver; mid prices of every symbol always come with it."""

    symbols: Sequence[str] = ()  # trades, best bid and ask, mark and oracle prices
    candles: Sequence[Timeframe] = ()  # the forming bar, for each of ``symbols``
    books: Sequence[str] = ()  # whole snapshots, for these symbols only


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStatistics:
    """Counters since the start of the feed; nothing is dropped without a count.

    ``left_out`` subscriptions did not fit into the exchange's limit.
    """

    frames: int = 0
    refused_frames: int = 0
    reconnects: int = 0
    is_connected: bool = False
    last_refusal: str = ""
    left_out: int = 0


# Called once for each received frame with its events, in order; must not block.
Deliver = Callable[[Sequence[Event]], None]


class MarketFeed(Protocol):
    async def run(self, interests: Interests, deliver: Deliver) -> None:
        """Deliver the events of each frame as it comes, until canceled.

        A lost connection is made again with the same interests; a malformed frame is
        counted and skipped. Returns only when there is nothing more to come (a replay).
        """

    def statistics(self) -> FeedStatistics: ...
