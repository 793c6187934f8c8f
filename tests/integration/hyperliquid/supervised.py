"""A feed against a simulated exchange whose faults a test injects, in fast time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from hlsim.faults.plan import Fault
from hlsim.server.running import Server, running
from hlsim.server.settings import Limits, Settings
from tests.polling import until
from tests.scaled_clock import ScaledClock
from threet.adapters.hyperliquid.websocket import HyperliquidFeed
from threet.model.candles import Timeframe
from threet.model.events import Event, PricesUpdated, TradesPrinted
from threet.model.prices import PriceKind
from threet.model.trades import Trade
from threet.ports.market_feed import FeedStatistics, Interests, StreamGap
from threet.resilience.backoff import Backoff

SPEED = 20.0
# hlsim counts messages by the wall's minute, the feed by the faster one.
NO_LIMITS = Limits(ws_messages=0, ws_connections=0, ip_weight=0)
SYMBOLS = ("BTC", "ETH", "SOL")
INTERESTS = Interests(symbols=SYMBOLS, candles=(Timeframe.M1,), books=("BTC",))


@dataclass
class Supervised:
    """``events`` in the order they were delivered."""

    server: Server
    feed: HyperliquidFeed
    clock: ScaledClock
    events: list[Event] = field(default_factory=list)
    gaps: list[StreamGap] = field(default_factory=list)

    @property
    def figures(self) -> FeedStatistics:
        return self.feed.statistics()

    def inject(self, fault: Fault) -> int:
        """From now on; returns the fault's number."""
        faults = self.server.faults
        assert faults is not None
        armed = faults.injector.add(fault, self.server_ms)
        faults.events.carry_out_due()
        return armed.number

    def lift(self, number: int) -> None:
        faults = self.server.faults
        assert faults is not None
        armed = faults.injector.remove(number)
        assert armed is not None
        faults.events.lift(armed)

    @property
    def outages(self) -> list[StreamGap]:
        """Of connections that were lost; one topic alone was silent for a while."""
        return [one for one in self.gaps if len(one.topics) > 1]

    @property
    def server_ms(self) -> int:
        return self.clock.exchange.now_ms()

    def prices(self, symbol: str, kind: PriceKind, since: int = 0) -> list[str]:
        """Prices as they changed, in events from that place on."""
        return [
            str(change.price)
            for event in self.events[since:]
            if isinstance(event, PricesUpdated)
            for change in event.changes
            if (change.symbol, change.kind) == (symbol, kind)
        ]

    def spoke(self, symbol: str, kind: PriceKind, since: int) -> bool:
        return any(
            (symbol, kind) in event.confirmed
            for event in self.events[since:]
            if isinstance(event, PricesUpdated)
        ) or bool(self.prices(symbol, kind, since))

    def trades(self, symbol: str) -> Sequence[Trade]:
        return [
            trade
            for event in self.events
            if isinstance(event, TradesPrinted)
            for trade in event.trades
            if trade.symbol == symbol
        ]

    async def complete(self) -> None:
        """Every subscription is acknowledged and fine."""
        await until(lambda: is_complete(self.figures))


def is_complete(figures: FeedStatistics) -> bool:
    all_said = figures.acknowledged == figures.subscriptions > 0
    return figures.is_connected and all_said and not figures.silent


@asynccontextmanager
async def supervised(
    *faults: Fault,
    interests: Interests = INTERESTS,
    shards: int = 1,
    speed: float = SPEED,
    symbols: int = 5,
    rate: int | None = None,
    limits: Limits = NO_LIMITS,
    timeout_secs: float = 120.0,
) -> AsyncIterator[Supervised]:
    """``faults`` are there before the feed connects, ``rate`` is hlsim's."""
    clock = ScaledClock(speed)
    settings = Settings(
        symbols=symbols,
        speed=speed,
        rate=rate,
        history_days=0,
        control_port=0,
        limits=limits,
    )
    async with asyncio.timeout(timeout_secs), running(settings, clock.exchange) as it:
        feed = HyperliquidFeed(
            url=it.ws_url, clock=clock, backoff=Backoff(first_secs=0.5), shards=shards
        )
        made = Supervised(it, feed, clock)
        for fault in faults:
            made.inject(fault)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(
                feed.run(interests, made.events.extend, made.gaps.append)
            )
            yield made
            task.cancel()
