"""The unmodified official SDK 0.24.0 reads hlsim, and reads what hlsim holds."""

import asyncio
import queue
from typing import Any

import pytest
from hyperliquid.info import Info

from hlsim.server.running import Server
from tests.contract.hlsim.conftest import WALLET

TIMEOUT_SECS = 60


async def asked(server: Server, question: Any) -> Any:
    """Ask without a websocket; the SDK blocks, so it gets a thread."""

    def ask() -> Any:
        info = Info(base_url=server.url, skip_ws=True)
        try:
            return question(info)
        finally:
            info.session.close()

    return await asyncio.to_thread(ask)


async def test_meta_is_the_universe(server: Server) -> None:
    meta = await asked(server, lambda info: info.meta())
    names = [row["name"] for row in meta["universe"]]
    universe = server.exchange.universe
    assert names == [universe[asset].name for asset in range(len(universe))]


async def test_the_constructor_numbers_assets_as_the_universe(server: Server) -> None:
    assets = await asked(server, lambda info: dict(info.coin_to_asset))
    universe = server.exchange.universe
    for asset in range(len(universe)):
        assert assets[universe[asset].name] == asset
    assert assets["PURR/USDC"] == 10_000


async def test_mids_are_there_for_every_listed_coin(server: Server) -> None:
    mids = await asked(server, lambda info: info.all_mids())
    universe = server.exchange.universe
    listed = {
        universe[asset].name
        for asset in range(len(universe))
        if not universe[asset].is_delisted
    }
    assert mids.keys() == listed


async def test_user_state_is_the_account(server: Server) -> None:
    state = await asked(server, lambda info: info.user_state(WALLET))
    (row,) = state["assetPositions"]
    assert row["position"]["szi"] == "0.5"
    assert row["position"]["entryPx"] == "100000.0"
    empty = await asked(server, lambda info: info.user_state("0x" + "2" * 40))
    assert empty["marginSummary"]["accountValue"] == "0.0"
    assert empty["assetPositions"] == []


@pytest.mark.parametrize(
    "getter", ["open_orders", "frontend_open_orders", "user_fills"]
)
async def test_an_account_that_never_traded_has_empty_lists(
    server: Server, getter: str
) -> None:
    assert await asked(server, lambda info: getattr(info, getter)(WALLET)) == []


async def test_candles_include_the_one_that_contains_the_start(server: Server) -> None:
    # Not when its next block is due: a candle may begin until then.
    now = server.exchange.now_ms
    start = now - 3_600_000 + 1
    rows = await asked(
        server, lambda info: info.candles_snapshot("BTC", "15m", start, now)
    )
    assert rows[0]["t"] <= start <= rows[0]["T"]
    assert rows[-1]["t"] <= now <= rows[-1]["T"]
    assert all(row["T"] == row["t"] + 900_000 - 1 for row in rows)


async def test_every_other_getter_is_answered(server: Server) -> None:
    def all_of_them(info: Info) -> None:
        info.meta_and_asset_ctxs()
        info.spot_meta_and_asset_ctxs()
        info.spot_user_state(WALLET)
        info.perp_dexs()
        info.user_fees(WALLET)
        info.user_role(WALLET)
        info.user_rate_limit(WALLET)
        info.portfolio(WALLET)
        info.historical_orders(WALLET)
        info.funding_history("BTC", 0)
        info.user_funding_history(WALLET, 0)
        info.user_fills_by_time(WALLET, 0)
        info.user_non_funding_ledger_updates(WALLET, 0)
        info.user_staking_summary(WALLET)
        info.user_staking_delegations(WALLET)
        info.user_staking_rewards(WALLET)
        info.delegator_history(WALLET)
        info.user_twap_slice_fills(WALLET)
        info.user_vault_equities(WALLET)
        info.query_order_by_oid(WALLET, 1)
        info.query_order_by_cloid(WALLET, _cloid())
        info.query_referral_state(WALLET)
        info.query_sub_accounts(WALLET)
        info.query_user_to_multi_sig_signers(WALLET)
        info.query_user_dex_abstraction_state(WALLET)
        info.query_user_abstraction_state(WALLET)
        info.extra_agents(WALLET)

    await asked(server, all_of_them)


def _cloid() -> Any:
    from hyperliquid.utils.types import Cloid  # noqa: PLC0415 - only here

    return Cloid.from_int(1)


async def test_l2_snapshot_is_twenty_deep(server: Server) -> None:
    book = await asked(server, lambda info: info.l2_snapshot("BTC"))
    assert [len(side) for side in book["levels"]] == [20, 20]


async def test_subscriptions_reach_their_callbacks(live: Server) -> None:
    wanted: list[dict[str, str]] = [
        {"type": "allMids"},
        {"type": "trades", "coin": "BTC"},
        {"type": "l2Book", "coin": "BTC"},
        {"type": "bbo", "coin": "BTC"},
        {"type": "candle", "coin": "BTC", "interval": "1m"},
    ]

    def listen() -> dict[str, Any]:
        heard: dict[str, Any] = {}
        info = Info(base_url=live.url)
        try:
            for topic in wanted:
                frames: queue.Queue[Any] = queue.Queue()
                info.subscribe(topic, frames.put)
                heard[topic["type"]] = frames.get(timeout=TIMEOUT_SECS)
        finally:
            info.disconnect_websocket()
            info.session.close()
        return heard

    heard = await asyncio.to_thread(listen)
    assert heard.keys() == {topic["type"] for topic in wanted}
    assert all(heard[topic["type"]]["channel"] == topic["type"] for topic in wanted)
    assert all(trade["coin"] == "BTC" for trade in heard["trades"]["data"])
    assert heard["candle"]["data"]["i"] == "1m"
