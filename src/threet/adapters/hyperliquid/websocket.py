"""The market feed over HyperLiquid's WebSockets: topics spread over connections."""

import asyncio
from collections.abc import Sequence

import aiohttp
import structlog

from threet.adapters.hyperliquid import subscriptions
from threet.adapters.hyperliquid.connection import (
    MAX_FRAME_BYTES,
    Connection,
    Surroundings,
    Tally,
)
from threet.model.events import Event
from threet.model.trades import Trade
from threet.ports.clock import Clock
from threet.ports.market_feed import (
    Deliver,
    FeedStatistics,
    Interests,
    NoteGap,
    StreamGap,
    ignore_gap,
)
from threet.resilience.backoff import Backoff
from threet.resilience.stream_pace import StreamPace
from threet.resilience.stream_shards import shard_of, split

__all__ = ["MAX_FRAME_BYTES", "MOST_CONNECTIONS", "HyperliquidFeed"]

_log = structlog.get_logger(__name__)

# For each address (HYPERLIQUID.md 1.5).
MOST_CONNECTIONS = 10


class HyperliquidFeed:
    """Implements ``threet.ports.market_feed.MarketFeed``.

    All topics of a symbol are on one of ``shards`` connections; the loss of one does
    not touch the others.
    """

    def __init__(
        self,
        *,
        url: str,
        clock: Clock,
        backoff: Backoff,
        handshake_secs: float = 10.0,
        shards: int = 1,
    ) -> None:
        if not 1 <= shards <= MOST_CONNECTIONS:
            raise ValueError(f"shards must be 1 to {MOST_CONNECTIONS}, not {shards}")
        self._clock = clock
        self._tally = Tally()
        shared = Surroundings(
            url=url,
            clock=clock,
            handshake_secs=handshake_secs,
            pace=StreamPace(),
            tally=self._tally,
        )
        self._connections = [
            Connection(number, shared, _numbered(backoff, number))
            for number in range(shards)
        ]
        self._left_out = 0
        self._symbols: frozenset[str] = frozenset()
        self._deliver: Deliver = _deliver_nothing

    async def run(
        self, interests: Interests, deliver: Deliver, note_gap: NoteGap = ignore_gap
    ) -> None:
        self._deliver = deliver
        self.follow(interests)

        def note(gap: StreamGap) -> None:
            if gap.since_ms is not None:  # the first connection follows no outage
                note_gap(gap)

        # A handshake limits itself; all connections together have no limit here.
        connector = aiohttp.TCPConnector(limit=0)
        async with (
            aiohttp.ClientSession(connector=connector, trust_env=False) as session,
            asyncio.TaskGroup() as group,
        ):
            for connection in self._connections:
                group.create_task(connection.run(session, deliver, note))

    def follow(self, interests: Interests) -> None:
        plan = subscriptions.plan(interests)
        if plan.left_out and plan.left_out != self._left_out:
            _log.warning("subscriptions_left_out", count=plan.left_out)
        self._left_out = plan.left_out
        shares = split(plan.topics, len(self._connections))
        for connection, topics in zip(self._connections, shares, strict=True):
            connection.decoder.delisted(interests.delisted)
            connection.follow(topics)
        wanted = frozenset(interests.symbols)
        gone = sorted(self._symbols - wanted | frozenset(interests.delisted))
        self._symbols = wanted
        self._forget(gone)

    def trade_gaps(self) -> Sequence[str]:
        return [gap for one in self._connections for gap in one.decoder.tape.gaps]

    def recovered(self, symbol: str, trades: Sequence[Trade]) -> None:
        shard = self._connections[shard_of(symbol, len(self._connections))]
        events = shard.decoder.recovered(symbol, trades, self._clock.now_ns())
        if events:
            self._deliver(events)

    def statistics(self) -> FeedStatistics:
        connections, tally = self._connections, self._tally
        sets = [one.subscriptions for one in connections]
        tapes = [one.decoder.tape for one in connections]
        at_fault = [topic for one in sets for topic in one.at_fault]
        ages = self._ages_ms()
        return FeedStatistics(
            frames=tally.frames,
            refused_frames=tally.refused_frames,
            reconnects=tally.reconnects,
            is_connected=all(one.is_connected for one in connections),
            last_refusal=tally.last_refusal,
            left_out=self._left_out,
            connections=sum(one.is_connected for one in connections),
            subscriptions=sum(len(one.topics) for one in sets),
            acknowledged=sum(one.acknowledged_count for one in sets),
            silent=len(at_fault),
            stale_symbols=len({topic.subject for topic in at_fault}),
            resubscribed=sum(one.resubscribed for one in sets),
            recovered=sum(one.recovered for one in sets),
            duplicates=sum(one.duplicates for one in tapes),
            late=sum(one.decoder.late + one.decoder.tape.late for one in connections),
            server_errors=tally.server_errors,
            trade_gaps=len(self.trade_gaps()),
            trade_gaps_unclosed=sum(one.unclosed for one in tapes),
            tick_age_p50_ms=ages[len(ages) // 2] if ages else 0,
            tick_age_max_ms=ages[-1] if ages else 0,
            losses=str(tally.losses),
        )

    def _ages_ms(self) -> Sequence[int]:
        now = self._clock.monotonic()
        heard = [one.subscriptions.heard_at() for one in self._connections]
        return sorted(int((now - at) * 1000) for one in heard for at in one.values())

    def _forget(self, symbols: Sequence[str]) -> None:
        now_ns = self._clock.now_ns()
        events: list[Event] = []
        for symbol in symbols:
            for connection in self._connections:
                events += connection.decoder.forget(symbol, now_ns)
        if events:
            self._deliver(events)


def _numbered(backoff: Backoff, number: int) -> Backoff:
    """Each of a kind waits for other times, lest all come at once."""
    if number == 0:
        return backoff
    return Backoff(
        first_secs=backoff.first_secs,
        most_secs=backoff.most_secs,
        seed=backoff.seed + number,
    )


def _deliver_nothing(events: Sequence[Event]) -> None:
    del events
