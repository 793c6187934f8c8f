"""The unmodified ccxt 4.5.90 reads hlsim, and reads what hlsim holds."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import ccxt.pro
import pytest

from hlsim.server.running import Server
from tests.contract.hlsim.conftest import WALLET

BTC = "BTC/USDC:USDC"
KPEPE = "KPEPE/USDC:USDC"
HOUR_MS = 3_600_000


def opened(server: Server) -> Any:
    urls = {
        "public": server.url,
        "private": server.url,
        "ws": {"public": server.ws_url},
    }
    return ccxt.pro.hyperliquid(
        {
            "walletAddress": WALLET,
            "enableRateLimit": False,
            "urls": {"api": urls},
            "options": {"fetchMarkets": {"types": ["swap"]}},
        }
    )


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Any]:
    exchange = opened(server)
    yield exchange
    await exchange.close()


@pytest.fixture
async def live_client(live: Server) -> AsyncIterator[Any]:
    exchange = opened(live)
    yield exchange
    await exchange.close()


def mid(server: Server, coin: str) -> float:
    exchange = server.exchange
    asset = exchange.asset(coin)
    halves = exchange.market.mid_halves(asset)
    assert halves is not None
    decimals = exchange.universe[asset].px_decimals
    return float(Decimal(halves) / 2 / 10**decimals)


async def test_load_markets_finds_every_instrument(client: Any, server: Server) -> None:
    markets = await client.load_markets()
    universe = server.exchange.universe
    swaps = {one["baseId"]: one for one in markets.values()}
    assert len(swaps) == len(universe) == 40
    for asset in range(len(universe)):
        listed = universe[asset]
        market = next(one for one in swaps.values() if one["id"] == str(asset))
        assert market["limits"]["leverage"]["max"] == listed.max_leverage
        assert market["active"] is not listed.is_delisted


async def test_load_markets_with_spot_needs_no_swap_option(server: Server) -> None:
    url = {"public": server.url, "private": server.url}
    exchange = ccxt.pro.hyperliquid({"urls": {"api": url}, "enableRateLimit": False})
    try:
        markets = await exchange.load_markets()
        assert {"PURR/USDC", BTC} <= markets.keys()
    finally:
        await exchange.close()


async def test_tickers_carry_the_middle_prices(client: Any, server: Server) -> None:
    params = {"type": "swap"}
    one = await client.fetch_ticker(BTC, params)
    many = await client.fetch_tickers(params=params)
    assert one["last"] == mid(server, "BTC")
    assert len(many) == 40
    assert many[KPEPE]["last"] == mid(server, "kPEPE")


async def test_ohlcv_is_the_history_and_the_forming_candle(
    client: Any, server: Server
) -> None:
    rows = await client.fetch_ohlcv(BTC, "5m", limit=100)
    now_ms = await client.fetch_time()
    assert rows[-1][0] <= now_ms < rows[-1][0] + 300_000
    asset = server.exchange.asset("BTC")
    mine = server.exchange.charts.candles(asset, "5m", rows[0][0], now_ms, now_ms)
    got = [[Decimal(str(x)) for x in row] for row in rows]
    assert got == [
        [
            Decimal(one.t),
            *(Decimal(px).scaleb(-1) for px in (one.o, one.h, one.l, one.c)),
            Decimal(one.v).scaleb(-5),
        ]
        for one in mine
    ]


async def test_order_book_is_sorted_and_twenty_deep(client: Any) -> None:
    book = await client.fetch_order_book(BTC)
    assert len(book["bids"]) == len(book["asks"]) == 20
    assert book["bids"][0][0] < book["asks"][0][0]


async def test_balance_and_position_are_the_accounts(
    client: Any, server: Server
) -> None:
    (position,) = await client.fetch_positions()
    balance = await client.fetch_balance()
    state = server.exchange.account_state(WALLET, await client.fetch_time())
    value = state.total.account_value / 10**6
    assert balance["USDC"]["total"] == value
    assert position["symbol"] == BTC
    assert position["contracts"] == 0.5
    assert position["side"] == "long"
    assert position["entryPrice"] == 100_000
    assert position["leverage"] == 20


async def test_funding_status_and_orders_can_be_fetched(client: Any) -> None:
    rates = await client.fetch_funding_rates()
    assert rates[BTC]["fundingRate"] == pytest.approx(1.25e-5, abs=1e-3)
    # By default it asks for the hours before its own clock, which goes on, and may be
    # beyond an hour that the exchange's has not reached.
    since_ms = await client.fetch_time() - 12 * HOUR_MS
    history = await client.fetch_funding_rate_history(BTC, since_ms, limit=10)
    assert len(history) == 10
    assert (await client.fetch_status())["status"] == "ok"
    assert await client.fetch_open_orders() == []
    assert await client.fetch_closed_orders() == []
    assert await client.fetch_my_trades() == []
    assert (await client.fetch_trading_fee(BTC))["taker"] == 0.00045
    interest = await client.fetch_open_interest(BTC)
    assert interest["openInterestAmount"] > 0


async def test_streams_carry_the_market(live_client: Any, live: Server) -> None:
    async with asyncio.timeout(60):
        book, trades, candles, ticker, tickers = await asyncio.gather(
            live_client.watch_order_book(BTC),
            live_client.watch_trades(BTC),
            live_client.watch_ohlcv(BTC, "1m"),
            live_client.watch_ticker(BTC),
            live_client.watch_tickers(),
        )
    assert book["bids"][0][0] < book["asks"][0][0]
    assert trades
    assert trades[-1]["symbol"] == BTC
    assert candles[-1][0] % 60_000 == 0
    # The market lives on between the frame and this line.
    assert ticker["last"] == pytest.approx(mid(live, "BTC"), rel=1e-2)
    assert tickers[BTC]["last"] == pytest.approx(mid(live, "BTC"), rel=1e-2)


async def test_streams_carry_the_account(live_client: Any) -> None:
    async with asyncio.timeout(60):
        balance = await live_client.watch_balance({"type": "swap"})
        positions = await live_client.watch_positions()
    assert balance["USDC"]["total"] > 0
    assert positions[0]["symbol"] == BTC
