"""Market events as they happen, live or replayed."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from threet.model.candles import Timeframe
from threet.model.events import Event
from threet.model.topics import Topic
from threet.model.trades import Trade


@dataclass(frozen=True, slots=True, kw_only=True)
class Interests:
    """What a feed shall deliver; mid prices of every symbol always come with it: all of
    the first dex, and of each builder dex that one of ``symbols`` is of.

    ``delisted`` symbols have no price, whatever the exchange still shows for them.
    """

    symbols: Sequence[str] = ()  # trades, best bid and ask, mark and oracle prices
    candles: Sequence[Timeframe] = ()  # the forming bar, for each of ``symbols``
    books: Sequence[str] = ()  # whole snapshots, for these symbols only
    delisted: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStatistics:
    """Counters since the start of the feed; nothing is dropped without a count.

    ``left_out`` subscriptions did not fit into the exchange's limit; ``silent`` ones
    fail now; ``stale_symbols`` have one of these. Ages are of the newest message of
    each symbol. ``losses`` counts ended connections by kind.
    """

    frames: int = 0
    refused_frames: int = 0
    reconnects: int = 0
    is_connected: bool = False
    last_refusal: str = ""
    left_out: int = 0
    connections: int = 0
    subscriptions: int = 0
    acknowledged: int = 0
    silent: int = 0
    stale_symbols: int = 0
    resubscribed: int = 0
    recovered: int = 0
    duplicates: int = 0
    late: int = 0
    server_errors: int = 0
    trade_gaps: int = 0
    trade_gaps_unclosed: int = 0
    tick_age_p50_ms: int = 0
    tick_age_max_ms: int = 0
    losses: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamGap:
    """Between two moments these topics may have said things that nobody heard.

    ``since_ms`` is None where nothing was heard before.
    """

    topics: Sequence[Topic]
    since_ms: int | None
    until_ms: int


# Called once for each received frame with its events, in order; must not block.
Deliver = Callable[[Sequence[Event]], None]
# Called when a lost connection, or a silent topic, is there again; must not block.
NoteGap = Callable[[StreamGap], None]


def ignore_gap(gap: StreamGap) -> None:
    """For who can live with gaps."""
    del gap


class MarketFeed(Protocol):
    async def run(
        self, interests: Interests, deliver: Deliver, note_gap: NoteGap = ignore_gap
    ) -> None:
        """Deliver the events of each frame as it comes, until canceled.

        A lost connection is made again with the same interests; a malformed frame is
        counted and skipped. Returns only when there is nothing more to come (a replay).
        """

    def follow(self, interests: Interests) -> None:
        """Deliver these from now on, while it runs; what is gone vanishes."""

    def trade_gaps(self) -> Sequence[str]:
        """Symbols of which trades may be missing: ask the exchange for recent ones."""

    def recovered(self, symbol: str, trades: Sequence[Trade]) -> None:
        """Deliver those that were not delivered before; the gap is closed by them."""

    def statistics(self) -> FeedStatistics: ...
