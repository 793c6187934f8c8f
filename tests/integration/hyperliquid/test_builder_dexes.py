"""The catalogue of builder dexes over HTTP: by name, each by itself (M1, F44)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from tests.integration.hyperliquid.scripted_server import ScriptedServer, serving
from threet.adapters.hyperliquid.dex_standings import HyperliquidDexStandings
from threet.adapters.hyperliquid.posting import Posting
from threet.adapters.hyperliquid.rest import HyperliquidReader
from threet.adapters.memory.clock import ManualClock
from threet.model.accounts import AccountPart, AccountRead, AccountState
from threet.model.errors import RateLimitedError, UnreachableError
from threet.model.products import Product

NOW_MS = 1_767_225_600_000
ADDRESS = "0x" + "1" * 40


def meta(*names: str, **more: object) -> dict[str, object]:
    assets = [{"name": name, "szDecimals": 2, "maxLeverage": 5} for name in names]
    return {"universe": assets, "collateralToken": 0, **more}


def state(value: str) -> dict[str, object]:
    summary = {"accountValue": value, "totalNtlPos": "0", "totalMarginUsed": "0"}
    plain = {"withdrawable": value, "assetPositions": [], "time": NOW_MS}
    return {"marginSummary": summary, **plain}


@dataclass
class Venue:
    """What it answers, by type and dex; a number is a status."""

    says: dict[tuple[str, str], object] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW_MS))
    url: str = ""

    async def answer(self, request: dict[str, object]) -> web.StreamResponse:
        key = str(request["type"]), str(request.get("dex", ""))
        self.asked.append(key)
        said = self.says.get(key, 500)
        if isinstance(said, int):
            return web.Response(status=said)
        return web.json_response(said)

    def lists(self, *dexes: str) -> None:
        self.says["perpDexs", ""] = [None, *({"name": dex} for dex in dexes)]

    def reader(self, *dexes: str) -> HyperliquidReader:
        return HyperliquidReader(
            url=self.url,
            clock=self.clock,
            timeout_secs=30,
            dexes=dexes,
            tell=lambda dex, reason: self.told.append((dex, reason)),
        )


@asynccontextmanager
async def opened() -> AsyncIterator[Venue]:
    venue = Venue()
    venue.says["meta", ""] = meta("BTC", "ETH")
    venue.says["meta", "xyz"] = meta("xyz:TSLA", "xyz:AAPL")
    venue.says["meta", "flx"] = meta("flx:GOLD")
    venue.says["clearinghouseState", ""] = state("1000")
    venue.says["clearinghouseState", "xyz"] = state("50")
    venue.lists("flx", "xyz")
    async with serving(ScriptedServer(answer=venue.answer)) as server:
        venue.url = server.url
        yield venue


async def listed(reader: HyperliquidReader) -> dict[str, int | None]:
    return _numbers(await asyncio.to_thread(reader.products))


def _numbers(products: Sequence[Product]) -> dict[str, int | None]:
    return {one.symbol: one.asset_id for one in products}


FIRST = {"BTC": 0, "ETH": 1}


async def test_without_builder_dexes_nothing_more_is_asked() -> None:
    async with opened() as venue:
        assert await listed(venue.reader()) == FIRST
        assert venue.asked == [("meta", "")]


async def test_m1_a_product_is_numbered_by_where_its_dex_stands_now() -> None:
    async with opened() as venue:
        reader = venue.reader("xyz")
        xyz = {"xyz:TSLA": 120_000, "xyz:AAPL": 120_001}
        assert await listed(reader) == FIRST | xyz
        venue.lists("new", "flx", "xyz")
        moved = {"xyz:TSLA": 130_000, "xyz:AAPL": 130_001}
        assert await listed(reader) == FIRST | moved
        assert venue.told == []


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (("meta", "xyz"), "its catalogue cannot be read"),
        (("perpDexs", ""), "the list of dexes cannot be read"),
    ],
)
async def test_f44_a_reading_that_fails_is_no_delisting_and_leaves_no_number(
    fault: tuple[str, str], why: str
) -> None:
    async with opened() as venue:
        reader = venue.reader("xyz")
        before = await listed(reader)
        venue.says[fault] = 502
        unnumbered = {"xyz:TSLA": None, "xyz:AAPL": None}
        for _ in range(2):
            assert await listed(reader) == FIRST | unnumbered
        ((dex, reason),) = venue.told  # once, when it begins
        assert dex == "xyz"
        assert why in reason
        venue.says["meta", "xyz"] = meta("xyz:TSLA", "xyz:AAPL")
        venue.lists("flx", "xyz")
        assert await listed(reader) == before
        assert venue.told[1:] == [("xyz", "")]


async def test_f44_a_dex_that_is_not_there_is_told_and_the_others_are_read() -> None:
    async with opened() as venue:
        found = await listed(venue.reader("gone", "flx"))
        assert found == FIRST | {"flx:GOLD": 110_000}
        assert venue.told == [("gone", "the exchange lists no such dex")]


async def test_f44_a_dex_that_leaves_the_list_keeps_its_products_without_number() -> (
    None
):
    async with opened() as venue:
        reader = venue.reader("xyz")
        await listed(reader)
        venue.lists("flx")
        unnumbered = {"xyz:TSLA": None, "xyz:AAPL": None}
        assert await listed(reader) == FIRST | unnumbered


@pytest.mark.parametrize(
    "odd", [meta("xyz:A", collateralToken=360), meta("xyz:A", "BTC"), {"universe": 5}]
)
async def test_a_dex_of_other_collateral_or_of_odd_names_is_left_out(
    odd: object,
) -> None:
    async with opened() as venue:
        venue.says["meta", "xyz"] = odd
        assert await listed(venue.reader("xyz")) == FIRST
        assert len(venue.told) == 1


async def test_a_rate_limit_is_nobodys_to_swallow() -> None:
    async with opened() as venue:
        venue.says["meta", "xyz"] = 429
        with pytest.raises(RateLimitedError):
            await listed(venue.reader("xyz"))


def value(reader: HyperliquidReader) -> Any:
    return reader.account(ADDRESS).account_value


async def test_an_account_is_the_sum_over_its_dexes() -> None:
    async with opened() as venue:
        assert await asyncio.to_thread(value, venue.reader("xyz")) == 1050


async def test_what_lies_on_a_dex_of_other_collateral_is_no_dollars() -> None:
    async with opened() as venue:
        venue.says["meta", "xyz"] = meta("xyz:A", collateralToken=360)
        reader = venue.reader("xyz")
        for _ in range(3):
            assert await asyncio.to_thread(value, reader) == 1000
        assert venue.asked.count(("meta", "xyz")) == 1


async def test_whether_a_dex_has_dollars_holds_up_no_reading_and_is_asked_again() -> (
    None
):
    async with opened() as venue:
        venue.says["meta", "xyz"] = 500
        reader = venue.reader("xyz")
        for _ in range(3):
            assert await asyncio.to_thread(value, reader) == 1050
        assert venue.asked.count(("meta", "xyz")) == 1
        venue.says["meta", "xyz"] = meta("xyz:A", collateralToken=360)
        venue.clock.advance(301)
        assert await asyncio.to_thread(value, reader) == 1000


async def test_of_a_dex_that_is_listed_nothing_may_be_left_out() -> None:
    """A part of an account would be taken for a loss."""
    async with opened() as venue:
        reader = venue.reader("xyz")
        venue.says["clearinghouseState", "xyz"] = 500
        with pytest.raises(UnreachableError):
            await asyncio.to_thread(value, reader)
        venue.lists("flx")  # an odd answer does not take it away
        await listed(reader)
        with pytest.raises(UnreachableError):
            await asyncio.to_thread(value, reader)


def part(reader: HyperliquidReader) -> AccountRead:
    return reader.readable_account(ADDRESS)


async def test_b4_a_dex_that_does_not_answer_is_named_to_who_asks_for_a_part() -> None:
    async with opened() as venue:
        reader = venue.reader("xyz", "flx")
        venue.says["clearinghouseState", "flx"] = state("7")
        venue.says["clearinghouseState", "xyz"] = 502
        found = await asyncio.to_thread(part, reader)
        assert isinstance(found, AccountPart)
        assert found.unread.keys() == {"xyz"}
        assert "HTTP 502" in found.unread["xyz"]
        venue.says["perpDexs", ""] = 502  # whether it is listed is not told, too
        venue.clock.advance(301)
        found = await asyncio.to_thread(part, reader)
        assert isinstance(found, AccountPart)
        venue.says["clearinghouseState", "xyz"] = state("50")
        found = await asyncio.to_thread(part, reader)
        assert isinstance(found, AccountState)
        assert found.account_value == 1057


async def test_the_first_dex_is_never_left_out_and_a_rate_limit_is_no_dex_amiss() -> (
    None
):
    async with opened() as venue:
        reader = venue.reader("xyz")
        venue.says["clearinghouseState", "xyz"] = 429
        with pytest.raises(RateLimitedError):
            await asyncio.to_thread(part, reader)
        venue.says["clearinghouseState", "xyz"] = state("50")
        venue.says["clearinghouseState", ""] = 502
        with pytest.raises(UnreachableError):
            await asyncio.to_thread(part, reader)


async def test_f44_a_dex_that_is_gone_for_good_holds_up_no_way_out() -> None:
    """Without the account's other parts nothing could be closed, on any dex."""
    async with opened() as venue:
        reader = venue.reader("xyz")
        await listed(reader)
        venue.lists("flx")
        venue.says["clearinghouseState", "xyz"] = 500
        for _ in range(2):
            with pytest.raises(UnreachableError):
                await asyncio.to_thread(value, reader)
            venue.clock.advance(301)
        assert await asyncio.to_thread(value, reader) == 1000
        venue.lists("xyz")
        venue.clock.advance(301)
        with pytest.raises(UnreachableError):
            await asyncio.to_thread(value, reader)


async def test_f44_a_dex_that_is_not_there_keeps_no_account_from_being_read() -> None:
    async with opened() as venue:
        reader = venue.reader("gone")
        for _ in range(3):
            assert await asyncio.to_thread(value, reader) == 1000
        looked = [one for one in venue.asked if one[0] == "perpDexs"]
        assert len(looked) == 1  # the answer is good for some minutes
        venue.lists("gone")
        venue.clock.advance(301)
        with pytest.raises(UnreachableError):
            await asyncio.to_thread(value, reader)


async def test_a_dex_tells_what_is_amiss_and_what_lies_there() -> None:
    def standings(url: str, clock: ManualClock) -> Callable[[], Any]:
        info = Posting(url=f"{url}/info", clock=clock, timeout_secs=30)
        made = HyperliquidDexStandings(info, ("xyz", "gone"), clock)
        return lambda: made.standings(ADDRESS)

    async with opened() as venue:
        xyz, gone = await asyncio.to_thread(standings(venue.url, venue.clock))
    assert (xyz.amiss, xyz.products, xyz.account.account_value) == ("", 2, 50)
    assert (gone.amiss, gone.account) == ("the exchange lists no such dex", None)
