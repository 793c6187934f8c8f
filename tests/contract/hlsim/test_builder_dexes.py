"""Builder dexes (HIP-3): ccxt and the official SDK find their perps by the same ids."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import ccxt.pro
import pytest
from hyperliquid.info import Info

from hlsim.server.manual_clock import ManualClock
from hlsim.server.options import parse_dex
from hlsim.server.running import Server, running
from hlsim.server.settings import Limits, Settings

SETTINGS = Settings(
    symbols=5,
    history_days=0,
    dexes=(parse_dex("xyz:AAPL=190@2@10,TSLA=250@2@5"), parse_dex("flx:GOLD=4000@3@3")),
    limits=Limits(ip_weight=0, ws_connections=0),
)
IDS = {"xyz:AAPL": 110_000, "xyz:TSLA": 110_001, "flx:GOLD": 120_000}


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with running(SETTINGS, ManualClock()) as started:
        yield started


@pytest.fixture
async def info(server: Server) -> AsyncIterator[Info]:
    made = await asyncio.to_thread(
        lambda: Info(base_url=server.url, skip_ws=True, perp_dexs=["", "xyz", "flx"])
    )
    yield made
    made.session.close()


async def test_ccxt_loads_their_markets(server: Server) -> None:
    url = {"public": server.url, "private": server.url}
    client = ccxt.pro.hyperliquid({"urls": {"api": url}, "enableRateLimit": False})
    try:
        markets = await client.load_markets()
        ticker = await client.fetch_ticker("XYZ-AAPL/USDC:USDC")
        book = await client.fetch_order_book("XYZ-AAPL/USDC:USDC")
    finally:
        await client.close()
    found = {
        one["info"]["name"]: int(one["id"])
        for one in markets.values()
        if one["info"].get("hip3")
    }
    assert found == IDS
    assert markets["FLX-GOLD/USDC:USDC"]["limits"]["leverage"]["max"] == 3
    assert ticker["last"] == pytest.approx(190, rel=0.01)
    assert book["asks"][0][0] == pytest.approx(190, rel=0.01)


async def test_the_sdk_numbers_them_from_110000_on(info: Info) -> None:
    assert {
        name: asset for name, asset in info.coin_to_asset.items() if ":" in name
    } == IDS
    assert info.asset_to_sz_decimals[120_000] == 3
    assert info.coin_to_asset["SOL"] == 2


async def test_each_dex_answers_for_its_own(info: Info) -> None:
    def ask() -> dict[str, Any]:
        names = ("", "xyz", "flx", "nope")
        return {
            "dexes": info.perp_dexs(),
            "mids": {dex: list(info.all_mids(dex)) for dex in names},
            "metas": info.post("/info", {"type": "allPerpMetas"}),
            "contexts": info.post("/info", {"type": "metaAndAssetCtxs", "dex": "xyz"}),
            "limits": info.post("/info", {"type": "perpDexLimits", "dex": "xyz"}),
            "status": info.post("/info", {"type": "perpDexStatus", "dex": "xyz"}),
            "none": info.post("/info", {"type": "perpDexLimits", "dex": ""}),
        }

    said = await asyncio.to_thread(ask)
    main, xyz, flx = said["dexes"]
    assert main is None
    assert (xyz["name"], flx["name"]) == ("xyz", "flx")
    assert [name for name, _ in xyz["assetToStreamingOiCap"]] == [
        "xyz:AAPL",
        "xyz:TSLA",
    ]
    assert said["mids"] == {
        "": ["BTC", "ETH", "SOL", "XRP", "MKR"],
        "xyz": ["xyz:AAPL", "xyz:TSLA"],
        "flx": ["flx:GOLD"],
        "nope": [],
    }
    assert [len(meta["universe"]) for meta in said["metas"]] == [5, 2, 1]
    meta, contexts = said["contexts"]
    assert [row["name"] for row in meta["universe"]] == ["xyz:AAPL", "xyz:TSLA"]
    assert meta["marginTables"] == []
    assert [float(row["midPx"]) for row in contexts] == pytest.approx(
        [190, 250], rel=0.01
    )
    assert said["limits"]["coinToOiCap"][0][0] == "xyz:AAPL"
    assert said["status"] == {"totalNetDeposit": "0.0"}
    assert said["none"] is None


async def test_candles_and_books_know_their_coins(info: Info) -> None:
    book = await asyncio.to_thread(lambda: info.l2_snapshot("xyz:TSLA"))
    assert book["coin"] == "xyz:TSLA"
    assert len(book["levels"][0]) == 20
