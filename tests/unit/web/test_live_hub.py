"""The hub believes what the stream says of prices: repeated, gone, late."""

import asyncio
from collections.abc import Coroutine
from decimal import Decimal

from tests.builders import prices
from tests.system.web.scripted import Script
from threet.model.events import Event, PricesUpdated
from threet.model.prices import Missing, NewestPrice, PriceChange, PriceKind
from threet.web.desk import Desk
from threet.web.frames import Frames
from threet.web.live_hub import LiveHub

BTC = ("BTC", PriceKind.MID)
BID = ("BTC", PriceKind.BID)


class Follower:
    """A hub that follows a script until the block ends."""

    def __init__(self) -> None:
        self.script = Script(port=1, symbols=("BTC", "ETH"), bars=0)
        self.desk = Desk(self.script.parts)
        self.hub: LiveHub = self.desk.hub

    async def __aenter__(self) -> "Follower":
        self._task = asyncio.create_task(self.hub.run())
        assert await self.hub.wait_beyond(0, 2)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def tell(self, *events: Event) -> None:
        before = self.hub.version
        await self.script.tell(*events)
        assert await self.hub.wait_beyond(before, 2)


def run(scenario: Coroutine[None, None, None]) -> None:
    asyncio.run(scenario)


def received_ns(hub: LiveHub, symbol: str, kind: PriceKind) -> int:
    price = hub.price(symbol, kind)
    assert isinstance(price, NewestPrice)
    return price.received_ns


def bid(received_ns: int, *, confirmed: bool = False) -> PricesUpdated:
    change = PriceChange("BTC", PriceKind.BID, Decimal(99), Decimal(1))
    return PricesUpdated(
        received_ns=received_ns,
        changes=() if confirmed else (change,),
        confirmed=(BID,) if confirmed else (),
    )


def test_a_frame_of_all_mids_keeps_a_quiet_one_young_and_tells_it_in_one_number() -> (
    None
):
    async def scenario() -> None:
        async with Follower() as live:
            await live.tell(prices(("BTC", "100"), ("ETH", "7"), received_ns=5))
            client = Frames(live.desk, None, None)
            client.next()
            await live.tell(prices(received_ns=9_000_000, confirms_mids=True))
            assert received_ns(live.hub, *BTC) == 9_000_000
            frame = client.next()
            assert frame is not None
            assert b'"mids_ms":{"":9}' in frame
            assert b'"prices"' not in frame

    run(scenario())


def test_a_confirmed_price_is_young_again_and_told() -> None:
    async def scenario() -> None:
        async with Follower() as live:
            await live.tell(bid(5))
            seen = live.hub.version
            await live.tell(bid(9, confirmed=True))
            assert received_ns(live.hub, *BID) == 9
            assert [key for key, _ in live.hub.prices_since(seen)] == [BID]

    run(scenario())


def test_a_vanished_price_is_missing_at_once_and_its_absence_is_told() -> None:
    async def scenario() -> None:
        async with Follower() as live:
            await live.tell(prices(("BTC", "100"), ("ETH", "7"), received_ns=5))
            client = Frames(live.desk, None, None)
            client.next()
            await live.tell(prices(received_ns=9, confirms_mids=True, vanished=(BTC,)))
            assert live.hub.price(*BTC) == Missing("BTC")
            assert list(live.hub.mids()) == ["ETH"]
            frame = client.next()
            assert frame is not None
            assert b'["BTC","mid",null,null,null]' in frame

    run(scenario())


def test_a_snapshot_that_is_older_than_the_news_does_not_win() -> None:
    async def scenario() -> None:
        async with Follower() as live:
            await live.tell(prices(("BTC", "100"), received_ns=5))
            old = await live.script.live.newest_prices()
            await live.tell(prices(("ETH", "7"), received_ns=8, vanished=(BTC,)))
            live.script.live.show_prices(old)
            await live.hub.resync()
            assert live.hub.price(*BTC) == Missing("BTC")
            await live.tell(prices(("BTC", "101"), received_ns=9))
            await live.hub.resync()
            found = live.hub.price(*BTC)
            assert isinstance(found, NewestPrice)
            assert found.price == 101

    run(scenario())


def test_what_the_stream_lost_is_mended_by_the_newest_of_everything() -> None:
    async def scenario() -> None:
        async with Follower() as live:
            await live.tell(prices(("BTC", "100"), received_ns=5))
            later = NewestPrice(
                symbol="ETH", kind=PriceKind.MID, price=Decimal(7), received_ns=9
            )
            live.script.live.show_prices((later,))
            await live.hub.resync()
            assert live.hub.price("ETH", PriceKind.MID) == later
            assert live.hub.price(*BTC) == Missing("BTC")

    run(scenario())
