"""The sink on a real Valkey: what it leaves there, and what it says of itself."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
import redis

from tests.builders import bar, prices
from tests.integration.streams.redis_bus import at, made_publisher
from tests.polling import until
from tests.servers import ValkeyServer
from threet.adapters.redis_streams.live_view import RedisLiveView
from threet.adapters.redis_streams.market_sink import MarketSink
from threet.adapters.redis_streams.pipe import Command
from threet.adapters.redis_streams.publisher import RedisPublisher
from threet.adapters.system_clock import SystemClock
from threet.model.candles import Timeframe
from threet.model.events import CandleFormed, Envelope, Event


@pytest.fixture
def emptied(valkey: ValkeyServer, valkey_client: redis.Redis) -> ValkeyServer:
    del valkey_client  # it emptied the server
    return valkey


async def written(port: int, *events: Event) -> MarketSink:
    """A sink of a new run that has written the events."""
    made = made_publisher(port)
    sink = MarketSink(publisher=made, clock=SystemClock(), run_id="t")
    sink.offer(events)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        writing = group.create_task(sink.run())
        await until(lambda: not sink.statistics().waiting)
        writing.cancel()
    return sink


async def test_the_first_write_of_a_run_forgets_what_an_earlier_run_left(
    emptied: ValkeyServer,
) -> None:
    forming = CandleFormed(received_ns=1, candle=bar(symbol="GONE", is_closed=False))
    await written(emptied.port, prices(("GONE", "1"), ("BTC", "2")), forming)
    await written(emptied.port, prices(("BTC", "3"), confirms_mids=True))
    view = RedisLiveView(at(emptied.port))
    newest = await view.newest_prices()
    assert [(one.symbol, str(one.price)) for one in newest] == [("BTC", "3")]
    assert await view.forming("GONE", Timeframe.M1) is None
    await view.close()


async def test_later_writes_of_a_run_keep_what_the_first_one_wrote(
    emptied: ValkeyServer,
) -> None:
    sink = MarketSink(
        publisher=made_publisher(emptied.port), clock=SystemClock(), run_id="t"
    )
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        writing = group.create_task(sink.run())
        for symbol in ("BTC", "ETH"):
            sink.offer([prices((symbol, "1"))])
            await until(lambda: not sink.statistics().waiting)
        writing.cancel()
    view = RedisLiveView(at(emptied.port))
    newest = await view.newest_prices()
    assert {one.symbol for one in newest} == {"BTC", "ETH"}
    await view.close()


class BusyPublisher(RedisPublisher):
    """While it writes, more comes in than the sink can hold."""

    def __init__(self) -> None:
        super().__init__(at(1), {})
        self.meanwhile: Callable[[], None] = lambda: None

    async def publish(
        self, envelopes: Sequence[Envelope], also: Sequence[Command] = ()
    ) -> None:
        del envelopes, also
        self.meanwhile()


async def test_what_is_pushed_out_while_it_is_written_counts_once() -> None:
    busy = BusyPublisher()
    sink = MarketSink(publisher=busy, clock=SystemClock(), run_id="t", most_waiting=2)

    def burst() -> None:
        busy.meanwhile = lambda: None
        sink.offer([prices(("BTC", "3")), prices(("BTC", "4"))])

    busy.meanwhile = burst
    sink.offer([prices(("BTC", "1")), prices(("BTC", "2"))])
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        writing = group.create_task(sink.run())
        await until(lambda: not sink.statistics().waiting)
        writing.cancel()
    figures = sink.statistics()
    assert (figures.offered, figures.published, figures.dropped) == (4, 4, 0)


async def test_the_mids_of_one_dex_confirm_nothing_of_another(
    emptied: ValkeyServer,
) -> None:
    first = prices(("BTC", "3"), received_ns=1, confirms_mids=True)
    of_dex = prices(("xyz:A", "7"), received_ns=2, confirms_mids=True, dex="xyz")
    again = prices(received_ns=9, confirms_mids=True, dex="xyz")
    await written(emptied.port, first, of_dex, again)
    view = RedisLiveView(at(emptied.port))
    whole = await view.newest_prices()
    asked = await view.prices_of(["xyz:A", "BTC"])
    await view.close()
    for told in (whole, asked):
        assert {one.symbol: one.received_ns for one in told} == {"BTC": 1, "xyz:A": 9}
