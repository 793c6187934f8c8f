"""An account's streams: they have no snapshot, so each beginning asks to reconcile."""

from collections.abc import Sequence

import aiohttp

from threet.adapters.hyperliquid.connection import Connection, Surroundings, Tally
from threet.adapters.hyperliquid.losses import Losses
from threet.model.events import AccountSeized, Event, FillsReceived, OrdersUpdated
from threet.model.topics import Channel, Topic
from threet.ports.account_feed import Hear, Reconcile, ReconcileNow
from threet.ports.clock import Clock
from threet.ports.market_feed import StreamGap
from threet.resilience.backoff import Backoff
from threet.resilience.stream_pace import StreamPace

_CHANNELS = (Channel.ORDER_UPDATES, Channel.USER_EVENTS)


class HyperliquidAccountFeed:
    """Implements ``threet.ports.account_feed.AccountFeed``.

    A connection of its own, since ``orderUpdates`` does not name its account
    (HYPERLIQUID.md 5).
    """

    def __init__(
        self, *, url: str, clock: Clock, backoff: Backoff, handshake_secs: float = 10.0
    ) -> None:
        self._tally = Tally()
        shared = Surroundings(
            url=url,
            clock=clock,
            handshake_secs=handshake_secs,
            pace=StreamPace(),
            tally=self._tally,
        )
        self._connection = Connection(0, shared, backoff)

    @property
    def losses(self) -> Losses:
        return self._tally.losses

    @property
    def is_live(self) -> bool:
        one = self._connection
        return one.is_connected and one.subscriptions.is_complete

    async def run(self, address: str, hear: Hear, reconcile: Reconcile) -> None:
        def note(gap: StreamGap) -> None:
            reconcile(ReconcileNow(address=address, since_ms=gap.since_ms))

        def deliver(events: Sequence[Event]) -> None:
            for event in events:
                match event:
                    case OrdersUpdated(orders=told) | FillsReceived(fills=told):
                        hear(told)
                    case AccountSeized():
                        reconcile(ReconcileNow(address=address, since_ms=None))

        # The exchange's echo has the address in lower case.
        subject = self._connection.decoder.account = address.lower()
        self._connection.follow([Topic(channel, subject) for channel in _CHANNELS])
        async with aiohttp.ClientSession(trust_env=False) as session:
            await self._connection.run(session, deliver, note)
