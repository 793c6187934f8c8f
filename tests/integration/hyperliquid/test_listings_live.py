"""The producer against an exchange that lists and delists while it runs (M1)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import redis

from hlsim.faults.kinds import Close, Delist, Enlist
from hlsim.server.running import Server, running
from hlsim.server.settings import Settings
from tests.integration.hyperliquid.supervised import NO_LIMITS
from tests.integration.streams.redis_bus import made_publisher
from tests.polling import until
from tests.scaled_clock import ScaledClock
from tests.servers import ValkeyServer
from threet.adapters.hyperliquid.rest import HyperliquidReader
from threet.adapters.hyperliquid.websocket import HyperliquidFeed
from threet.adapters.memory.product_store import MemoryProductStore
from threet.adapters.redis_streams.board import RedisBoard
from threet.adapters.redis_streams.market_sink import MarketSink
from threet.bootstrap import ProcessParts, ProducerParts
from threet.components.price_stream_producer import PriceStreamProducer
from threet.model.products import Product
from threet.ports.gap_store import CandleGap
from threet.resilience.backoff import Backoff

SPEED = 20.0


class MemoryGaps:
    """Implements ``GapNotes`` in a list."""

    def __init__(self) -> None:
        self.noted: list[CandleGap] = []

    def note(self, gaps: Sequence[CandleGap]) -> None:
        self.noted += gaps


@dataclass
class Live:
    server: Server
    producer: PriceStreamProducer
    gaps: MemoryGaps
    client: redis.Redis
    clock: ScaledClock

    def strike(self, fault: Delist | Enlist | Close) -> None:
        faults = self.server.faults
        assert faults is not None
        faults.injector.add(fault, self.clock.now_ms())
        faults.events.carry_out_due()

    @property
    def priced(self) -> set[str]:
        """Symbol and kind of all newest prices in Redis."""
        fields = self.client.hkeys("prices:newest")
        return {one.decode() if isinstance(one, bytes) else one for one in fields}

    def figure(self, name: str) -> object:
        return self.producer.figures()[name]


@pytest.fixture
async def live(valkey: ValkeyServer, valkey_client: redis.Redis) -> AsyncIterator[Live]:
    async with started(valkey, valkey_client) as made:
        yield made


@asynccontextmanager
async def started(valkey: ValkeyServer, client: redis.Redis) -> AsyncIterator[Live]:
    clock, gaps = ScaledClock(SPEED), MemoryGaps()
    settings = Settings(
        symbols=4, speed=SPEED, history_days=0, control_port=0, limits=NO_LIMITS
    )
    async with asyncio.timeout(120), running(settings, clock.exchange) as server:
        reader = HyperliquidReader(url=server.url, clock=clock, timeout_secs=30)
        publisher = made_publisher(valkey.port)
        board = RedisBoard(publisher=publisher, clock=clock, name="p", pid=1)
        producer = PriceStreamProducer(
            ProducerParts(
                process=ProcessParts(clock=clock, board=board),
                exchange=reader,
                trades=reader,
                products=MemoryProductStore([kept("BTC")]),
                gaps=gaps,
                feed=HyperliquidFeed(
                    url=server.ws_url, clock=clock, backoff=Backoff(), shards=2
                ),
                sink=MarketSink(publisher=publisher, clock=clock, run_id="t"),
                books=("BTC",),
            )
        )
        async with asyncio.TaskGroup() as group:
            task = group.create_task(producer.run())
            yield Live(server, producer, gaps, client, clock)
            task.cancel()
        reader.close()


def kept(symbol: str) -> Product:
    return Product(
        exchange="hyperliquid",
        symbol=symbol,
        pair=f"{symbol}/USDC:USDC",
        max_leverage=10,
    )


async def test_m1_f44_a_listing_is_followed_by_its_name(live: Live) -> None:
    await until(lambda: live.figure("acknowledged") == 2 + 4 * 4)
    live.strike(Enlist(coin="kNEW", px="1.25"))
    await until(lambda: {"kNEW|bid", "kNEW|mark", "kNEW|mid"} <= live.priced)
    await until(lambda: live.figure("acknowledged") == 2 + 4 * 5)
    assert live.figure("symbols") == 5


async def test_m1_f41_a_delisted_symbol_loses_its_prices_and_subscriptions(
    live: Live,
) -> None:
    await until(lambda: {"ETH|bid", "ETH|mark", "ETH|mid"} <= live.priced)
    live.strike(Delist(coin="ETH"))
    await until(lambda: not any(one.startswith("ETH|") for one in live.priced))
    await until(lambda: live.figure("acknowledged") == 2 + 4 * 3)
    assert live.figure("stale_symbols") == 0
    assert "BTC|bid" in live.priced


async def test_w9_an_outage_notes_the_minutes_of_kept_symbols(live: Live) -> None:
    await until(lambda: live.figure("acknowledged") == 2 + 4 * 4)
    live.strike(Close())
    await until(lambda: bool(live.gaps.noted))
    (gap,) = live.gaps.noted
    assert gap.symbol == "BTC"
    assert gap.start_ms < gap.end_ms
    await until(lambda: live.figure("acknowledged") == 2 + 4 * 4)
