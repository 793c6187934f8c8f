"""One hlsim mirrors another: its users see the other's market, as long as it speaks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from hlsim.core.universe import Instrument, flat_table
from hlsim.server.running import running
from hlsim.server.settings import Deposit, Settings
from hlsim.server.upstream import UpstreamError
from tests.polling import until
from tests.unit.hlsim.server.conftest import Desk, Open, follow, said
from tests.unit.hlsim.signers import MASTER, signed

BLOCK_MS = 200
COINS = 3
POLL_MS = 20
STALE_MS = 5000


@pytest.fixture
async def pair(open_desk: Open) -> AsyncIterator[tuple[Desk, Desk]]:
    """The other exchange and its mirror, which follows the other's coins."""
    other = await open_desk(symbols=COINS)
    mirror = await open_desk(
        mirror=other.server.url,
        symbols=COINS,
        mirror_stale_ms=STALE_MS,
        accounts=(Deposit(address=MASTER, funds=Decimal(100_000)),),
        holdings=(),
    )
    async with asyncio.timeout(60):
        await until(lambda: len(other.server.hub.topics) == 4 * COINS)
        await lived(other, mirror, 1)
        yield other, mirror


Heard = Callable[[Desk, Desk], bool]


def heard_books(other: Desk, mirror: Desk) -> bool:
    mirror.clock.advance(POLL_MS)
    ours, theirs = mirror.server.exchange.market, other.server.exchange.market
    return theirs.next_ms(0) > other.clock.now_ms() and all(
        ours.top(asset) == theirs.top(asset) for asset in range(COINS)
    )


def heard_all(other: Desk, mirror: Desk) -> bool:
    ours, theirs = mirror.server.exchange.market, other.server.exchange.market
    return heard_books(other, mirror) and all(
        ours.recent_trades(asset) == theirs.recent_trades(asset)
        for asset in range(COINS)
    )


async def lived(
    other: Desk, mirror: Desk, blocks: int, heard: Heard = heard_all
) -> None:
    """Let time pass on both, and the mirror hear everything.

    Once users traded on the mirror its tape is its own: then only books can be waited
    for.
    """
    for _ in range(blocks):
        other.clock.advance(BLOCK_MS)
        await until(lambda: heard(other, mirror))
        behind = other.clock.now_ms() - mirror.clock.now_ms()
        mirror.clock.advance(max(behind, 0))


async def test_the_mirror_has_the_others_catalogue(pair: tuple[Desk, Desk]) -> None:
    other, mirror = pair
    assert await mirror.ask(type="meta") == await other.ask(type="meta")


async def test_books_trades_and_contexts_are_the_others(
    pair: tuple[Desk, Desk],
) -> None:
    other, mirror = pair
    await lived(other, mirror, 25)
    for coin in ("BTC", "ETH", "SOL"):
        theirs = await other.ask(type="recentTrades", coin=coin)
        ours = await mirror.ask(type="recentTrades", coin=coin)
        assert ours == theirs
        book = await mirror.ask(type="l2Book", coin=coin)
        whole = await other.ask(type="l2Book", coin=coin)
        assert book["time"] == whole["time"]
        assert [side[0] for side in book["levels"]] == [
            side[0] for side in whole["levels"]
        ]
    assert await mirror.ask(type="allMids") == await other.ask(type="allMids")


async def test_followers_of_the_mirror_are_sent_its_trades(
    pair: tuple[Desk, Desk],
) -> None:
    other, mirror = pair
    socket = await mirror.connect()
    await follow(socket, type="trades", coin="BTC")
    seen = {one["tid"] for one in (await said(socket))["data"]}
    await lived(other, mirror, 25)
    wanted = {one["tid"] for one in await other.ask(type="recentTrades", coin="BTC")}
    await socket.send_json({"method": "ping"})
    assert wanted <= seen | {one["tid"] for one in await until_pong(socket)}


async def until_pong(socket: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while (frame := await said(socket))["channel"] != "pong":
        rows += frame["data"]
    return rows


async def test_the_past_is_fetched_before_it_is_answered(
    pair: tuple[Desk, Desk],
) -> None:
    other, mirror = pair

    async def candles(desk: Desk) -> Any:
        req = {"coin": "BTC", "interval": "15m", "startTime": 0}
        return await desk.ask(type="candleSnapshot", req=req)

    async def funding(desk: Desk) -> Any:
        return await desk.ask(type="fundingHistory", coin="BTC", startTime=0)

    theirs = await candles(other)
    assert len(theirs) > 90
    assert await candles(mirror) == theirs
    assert await funding(mirror) == await funding(other) != []


async def ordered(desk: Desk, px: str, tif: str) -> Any:
    """Buy 0.1 BTC on a desk; returns the order's status."""
    order = {"a": 0, "b": True, "p": px, "s": "0.1", "r": False}
    order["t"] = {"limit": {"tif": tif}}
    action = {"type": "order", "orders": [order], "grouping": "na"}
    body = signed(action, desk.clock.now_ms())
    _, _, answer = await desk.post("/exchange", body)
    return msgspec.json.decode(answer)["response"]["data"]["statuses"][0]


async def best(desk: Desk) -> tuple[Decimal, Decimal]:
    book = await desk.ask(type="l2Book", coin="BTC")
    bid, ask = (Decimal(side[0]["px"]) for side in book["levels"])
    return bid, ask


async def test_an_order_on_the_mirror_takes_the_others_offers(
    pair: tuple[Desk, Desk],
) -> None:
    other, mirror = pair
    _, ask = await best(other)
    placed = await ordered(mirror, str((ask + 50).to_integral_value()), "Ioc")
    (fill, *_) = reversed(await mirror.ask(type="userFills", user=MASTER))
    assert Decimal(fill["px"]) == ask
    assert placed["filled"]["oid"] == fill["oid"]
    assert await other.ask(type="userFills", user=MASTER) == []


async def test_a_resting_order_on_the_mirror_fills_by_the_others_trades(
    pair: tuple[Desk, Desk],
) -> None:
    other, mirror = pair
    bid, _ = await best(mirror)
    oid = (await ordered(mirror, f"{bid.normalize():f}", "Alo"))["resting"]["oid"]
    fills: list[dict[str, Any]] = []
    for _ in range(100):
        fills = await mirror.ask(type="userFills", user=MASTER)
        if fills:
            break
        await lived(other, mirror, 5, heard_books)
    assert fills
    assert {one["oid"] for one in fills} == {oid}
    assert {Decimal(one["px"]) for one in fills} == {bid}
    assert not any(one["crossed"] for one in fills)
    bid, _ = await best(other)
    # Whoever stood before it has traded, or the other's price went through it.
    assert bid <= Decimal(fills[0]["px"])


async def test_a_silent_upstream_leaves_empty_books(pair: tuple[Desk, Desk]) -> None:
    other, mirror = pair
    socket = await mirror.connect()
    await follow(socket, type="bbo", coin="BTC")
    assert None not in (await said(socket))["data"]["bbo"]
    mirror.clock.advance(STALE_MS)
    while (await said(socket))["data"]["bbo"] != [None, None]:
        pass  # what was on its way
    book = await mirror.ask(type="l2Book", coin="BTC")
    assert book["levels"] == [[], []]
    assert await mirror.ask(type="allMids") == {}
    await lived(other, mirror, 5)
    assert len(await mirror.ask(type="allMids")) == COINS


async def test_a_lost_connection_is_made_again(pair: tuple[Desk, Desk]) -> None:
    other, mirror = pair
    (session,) = other.server.hub.sessions
    session.cut_off()
    await until(lambda: other.server.hub.sessions not in ([session], []))
    await until(lambda: len(other.server.hub.topics) == 4 * COINS)
    await lived(other, mirror, 10)
    tids = [one["tid"] for one in await mirror.ask(type="recentTrades", coin="BTC")]
    assert len(tids) == len(set(tids)) > 1


async def test_coins_come_and_go_with_the_catalogue(pair: tuple[Desk, Desk]) -> None:
    other, mirror = pair
    market = other.server.exchange.market
    new = Instrument(
        name="NEW", sz_decimals=2, max_leverage=5, margin_table=flat_table(5)
    )
    market.enlist(new, 190_000)
    market.delist(2)
    mirror.clock.advance(60_000)
    ours: Any = mirror.server.exchange.market
    await until(lambda: len(ours.universe) == COINS + 1)
    assert await mirror.ask(type="meta") == await other.ask(type="meta")


async def test_an_exchange_that_does_not_answer_cannot_be_mirrored() -> None:
    async with AsyncExitStack() as stack:
        with pytest.raises(UpstreamError, match="does not answer"):
            await stack.enter_async_context(
                running(Settings(mirror="http://127.0.0.1:9"))
            )
