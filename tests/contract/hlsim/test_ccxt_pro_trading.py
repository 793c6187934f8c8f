"""The unmodified ccxt.pro trades over the websocket, and hears what the ledger says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any

import ccxt.pro
import pytest

from hlsim.core.exchange import Exchange
from hlsim.testing import Served
from tests.contract.hlsim.ccxt_clients import (
    as_trade,
    configuration,
    exact,
    ledger_trades,
    symbol_of,
)
from tests.contract.hlsim.trading import (
    TRADER,
    TRADER_KEY,
    Quote,
    ledger_oids,
    ledger_size,
    ledger_value,
    size_for,
    standing_still,
    wide_quote,
)

PATIENCE_SECS = 60
# Positions and balances are told once a second of the exchange's time.
STATE_MS = 1_000


@pytest.fixture
def served() -> Iterator[Served]:
    with standing_still() as one:
        yield one


@pytest.fixture
async def client(served: Served) -> AsyncIterator[Any]:
    one = ccxt.pro.hyperliquid(configuration(served, TRADER_KEY))
    await one.load_markets()
    async with asyncio.timeout(PATIENCE_SECS):
        yield one
    await one.close()


@pytest.fixture
def quote(served: Served, client: Any) -> Quote:
    return served.call(wide_quote)


@pytest.fixture
def symbol(client: Any, quote: Quote) -> str:
    return symbol_of(client, quote.asset)


def oids(served: Served) -> list[int]:
    return served.call(lambda exchange: ledger_oids(exchange, TRADER))


async def following(
    served: Served, channel: str, watching: Awaitable[Any]
) -> "asyncio.Future[Any]":
    """Begin to watch; return what is coming once the exchange knows of it."""
    heard = asyncio.ensure_future(watching)

    def followed(_: Exchange) -> bool:
        sessions = served.server.hub.sessions
        return any(one.channel == channel for s in sessions for one in s.topics)

    while not served.call(followed):  # noqa: ASYNC110 - it lives in another thread
        await asyncio.sleep(0)
    return heard


async def test_orders_are_placed_edited_and_canceled_on_the_socket(
    served: Served, client: Any, quote: Quote, symbol: str
) -> None:
    size, bid = float(size_for(quote, 500)), float(quote.bid)
    placed = await client.create_order_ws(symbol, "limit", "buy", size, bid)
    assert oids(served) == [int(placed["id"])]
    lower = float(quote.bid - quote.tick)
    moved = await client.edit_order_ws(
        placed["id"], symbol, "limit", "buy", size, lower
    )
    assert oids(served) == [int(moved["id"])] != [int(placed["id"])]
    canceled = await client.cancel_order_ws(moved["id"], symbol)
    assert canceled["status"] == "success"
    assert oids(served) == []
    post_only = {"postOnly": True}
    ask = float(quote.ask)
    with pytest.raises(ccxt.pro.InvalidOrder, match="Post only order would have"):
        await client.create_order_ws(symbol, "limit", "buy", size, ask, post_only)
    with pytest.raises(ccxt.pro.OrderNotFound):
        await client.cancel_order_ws(moved["id"], symbol)


async def test_an_order_is_followed_from_its_opening_to_its_end(
    served: Served, client: Any, quote: Quote, symbol: str
) -> None:
    size, bid = float(size_for(quote, 500)), float(quote.bid)
    heard = await following(served, "orderUpdates", client.watch_orders(symbol))
    placed = await client.create_order(symbol, "limit", "buy", size, bid)
    (opened, *_) = await heard
    assert (opened["id"], opened["status"]) == (placed["id"], "open")
    assert exact(opened["price"]) == quote.bid
    assert exact(opened["amount"]) == exact(opened["remaining"]) == exact(size)
    heard = await following(served, "orderUpdates", client.watch_orders(symbol))
    await client.cancel_order(placed["id"], symbol)
    (ended, *_) = await heard
    assert (ended["id"], ended["status"]) == (placed["id"], "canceled")


async def test_a_fill_is_heard_to_the_last_digit(
    served: Served, client: Any, quote: Quote, symbol: str
) -> None:
    size, ask = float(size_for(quote, 5_000)), float(quote.ask)
    heard = await following(served, "userFills", client.watch_my_trades())
    await client.create_order_ws(symbol, "market", "buy", size, ask)
    trades = [as_trade(one) for one in await heard]
    assert sorted(trades) == sorted(served.call(ledger_trades))
    assert trades


async def test_positions_and_balance_are_the_ledgers(
    served: Served, client: Any, quote: Quote, symbol: str
) -> None:
    size, ask = float(size_for(quote, 5_000)), float(quote.ask)
    await client.create_order_ws(symbol, "market", "buy", size, ask)
    positions = client.watch_positions([symbol])
    heard = await following(served, "clearinghouseState", positions)
    (position,) = await heard
    held = served.call(lambda e: ledger_size(e, TRADER, quote.coin))
    assert exact(position["contracts"]) == held == exact(size)
    heard = asyncio.ensure_future(client.watch_balance({"type": "swap"}))
    await asyncio.sleep(0)  # ccxt waits for the next frame of the same channel
    served.advance(STATE_MS)
    balance = await heard
    value = served.call(lambda exchange: ledger_value(exchange, TRADER))
    assert exact(balance["USDC"]["total"]) == value
    assert exact(balance["info"]["withdrawable"]) == exact(balance["USDC"]["free"])
