"""Market events as they happen, live or replayed."""

from collections.abc import AsyncIterator, Sequence
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
    """Counters since the start of the feed; nothing is dropped without a count."""

    frames: int = 0
    refused_frames: int = 0
    reconnects: int = 0
    is_connected: bool = False
    last_refusal: str = ""


class MarketFeed(Protocol):
    def events(self, interests: Interests) -> AsyncIterator[Sequence[Event]]:
        """Yield the events of each received batch of frames, in order, until closed.

        A lost connection is made again with the same interests; a malformed frame is
        counted and skipped. Ends only by cancellation.
        """

    def statistics(self) -> FeedStatistics: ...
