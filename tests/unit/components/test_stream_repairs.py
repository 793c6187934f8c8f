"""What an outage left behind is asked for, however often that takes (F6, W9)."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import cast

from tests.polling import until
from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.market_feed import MemoryFeed
from threet.adapters.memory.product_store import MemoryProductStore
from threet.bootstrap import ProducerParts
from threet.components.stream_repairs import StreamRepairs
from threet.model.candles import Timeframe
from threet.model.errors import RateLimitedError, UnreachableError
from threet.model.products import Product
from threet.model.topics import Channel, Topic
from threet.model.trades import Side, Trade
from threet.ports.gap_store import CandleGap
from threet.ports.market_feed import StreamGap

START_MS = 1_767_225_600_000
CANDLE = Topic(Channel.CANDLE, "BTC", Timeframe.M1)
GAP = StreamGap(topics=[CANDLE], since_ms=START_MS, until_ms=START_MS + 1)
TRADE = Trade(
    symbol="BTC",
    side=Side.BUY,
    price=Decimal(1),
    quantity=Decimal(1),
    trade_ms=START_MS,
    trade_id=1,
)


class GappyFeed(MemoryFeed):
    """Has a gap until something was recovered."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Trade] = []

    def trade_gaps(self) -> Sequence[str]:
        return () if self.told else ("BTC",)

    def recovered(self, symbol: str, trades: Sequence[Trade]) -> None:
        assert symbol == "BTC"
        self.told += trades


@dataclass
class Ledger:
    """Gaps and recent trades; ``failures`` are raised first, one each."""

    failures: deque[Exception] = field(default_factory=deque)
    noted: list[CandleGap] = field(default_factory=list)

    def note(self, gaps: Sequence[CandleGap]) -> None:
        self.noted += gaps

    def recent_trades(self, symbol: str) -> Sequence[Trade]:
        assert symbol == "BTC"
        if self.failures:
            raise self.failures.popleft()
        return [TRADE]


@dataclass
class Repairing:
    repairs: StreamRepairs
    clock: ManualClock
    products: MemoryProductStore
    feed: GappyFeed
    ledger: Ledger

    async def later(self, secs: float) -> None:
        await until(lambda: self.clock.sleepers == 2)
        self.clock.advance(secs)


@asynccontextmanager
async def repairing(*failures: Exception) -> AsyncIterator[Repairing]:
    clock, ledger, feed = ManualClock(START_MS), Ledger(deque(failures)), GappyFeed()
    product = Product(
        exchange="hyperliquid", symbol="BTC", pair="BTC/USDC:USDC", max_leverage=3
    )
    products = MemoryProductStore([product])

    used = SimpleNamespace(
        process=SimpleNamespace(clock=clock),
        feed=feed,
        trades=ledger,
        gaps=ledger,
        products=products,
    )
    parts = cast("ProducerParts", used)  # what of them is used
    made = Repairing(StreamRepairs(parts), clock, products, feed, ledger)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        task = group.create_task(made.repairs.run())
        yield made
        task.cancel()


async def test_f6_a_gap_is_asked_about_until_the_exchange_answers() -> None:
    failures = (RateLimitedError("recentTrades", 7.0), UnreachableError("x", "y"))
    async with repairing(*failures) as it:
        await it.later(6.9)
        assert it.feed.told == []
        await it.later(0.2)
        await until(lambda: not it.ledger.failures)
        await it.later(1)
        await until(lambda: it.feed.told == [TRADE])


async def test_w9_minutes_are_noted_once_the_database_is_there() -> None:
    async with repairing() as it:
        it.products.is_down = True
        it.repairs.note(GAP)
        await it.later(1)
        await it.later(1)
        assert it.ledger.noted == []
        it.products.is_down = False
        await it.later(20)
        await it.later(20)
        await until(lambda: len(it.ledger.noted) == 1)
        assert it.repairs.minutes_noted == 1


async def test_gaps_beyond_the_bound_are_dropped_and_counted() -> None:
    async with repairing() as it:
        for _ in range(1005):
            it.repairs.note(GAP)
        assert it.repairs.gaps_dropped == 5
