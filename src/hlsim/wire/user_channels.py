"""What a user's channels say now: snapshots after subscribing, and states (§5)."""

from collections.abc import Mapping

from hlsim.core.exchange import Exchange
from hlsim.core.numbers import usd_string
from hlsim.core.universe import FIRST_DEX
from hlsim.wire import fill_shapes, market_shapes, order_shapes
from hlsim.wire import subscriptions as subs
from hlsim.wire.account_answers import (
    active_asset,
    clearinghouse_state,
    spot_state,
    total_vault_equity,
)
from hlsim.wire.answers import contexts
from hlsim.wire.channels import current
from hlsim.wire.history_answers import (
    find_order,
    frontend_orders,
    newest_fills,
    slice_fills,
)
from hlsim.wire.messages import frame

_SNAPSHOT_ROWS = 500


def said(topic: subs.Subscription, exchange: Exchange, now_ms: int) -> bytes | None:
    """Encode what any topic says now, those of `channels` too; None for silence."""
    return current(topic, exchange, now_ms)


def _dex(dex: object) -> str:
    return dex if isinstance(dex, str) else FIRST_DEX


def snapshot(topic: subs.UserSubscription, rows: Mapping[str, object]) -> bytes:
    """Encode the first frame of a channel that goes on with increments (§5.3)."""
    return frame(topic.channel, {"isSnapshot": True, "user": topic.user, **rows})


@current.register
def _(topic: subs.ClearinghouseState, exchange: Exchange, now_ms: int) -> bytes | None:
    dex = _dex(topic.dex)
    state = clearinghouse_state(exchange, topic.user, dex, now_ms)
    data = {"dex": dex, "user": topic.user, "clearinghouseState": state}
    return frame("clearinghouseState", data)


@current.register
def _(
    topic: subs.AllDexsClearinghouseState, exchange: Exchange, now_ms: int
) -> bytes | None:
    rows = [
        [dex, clearinghouse_state(exchange, topic.user, dex, now_ms)]
        for dex in exchange.universe.dexes
    ]
    data = {"user": topic.user, "clearinghouseStates": rows}
    return frame("allDexsClearinghouseState", data)


@current.register
def _(topic: subs.OpenOrders, exchange: Exchange, now_ms: int) -> bytes | None:
    dex = _dex(topic.dex)
    orders = frontend_orders(exchange, topic.user, dex)
    return frame("openOrders", {"dex": dex, "user": topic.user, "orders": orders})


@current.register
def _(topic: subs.TwapStates, exchange: Exchange, now_ms: int) -> bytes | None:
    states = [
        [one.twap_id, fill_shapes.twap_state(one, exchange.universe)]
        for one in exchange.twaps.running(topic.user)
    ]
    data = {"dex": _dex(topic.dex), "user": topic.user, "states": states}
    return frame("twapStates", data)


@current.register
def _(topic: subs.SpotState, exchange: Exchange, now_ms: int) -> bytes | None:
    state = spot_state(exchange, topic.user)
    return frame("spotState", {"user": topic.user, "spotState": state})


@current.register
def _(topic: subs.ActiveAssetData, exchange: Exchange, now_ms: int) -> bytes | None:
    data = active_asset(exchange, topic.user, topic.coin, now_ms)
    return frame("activeAssetData", data)


@current.register
def _(topic: subs.UserFills, exchange: Exchange, now_ms: int) -> bytes | None:
    rows = newest_fills(
        exchange.journal.history(topic.user),
        exchange.universe,
        aggregate=topic.aggregate_by_time,
    )
    return snapshot(topic, {"fills": rows})


@current.register
def _(topic: subs.UserFundings, exchange: Exchange, now_ms: int) -> bytes | None:
    rows = list(exchange.journal.history(topic.user).fundings)[-_SNAPSHOT_ROWS:]
    events = [fill_shapes.funding_event(one, exchange.universe) for one in rows]
    return snapshot(topic, {"fundings": events})


@current.register
def _(topic: subs.UserLedger, exchange: Exchange, now_ms: int) -> bytes | None:
    rows = [
        {"time": one.time_ms, "hash": one.hash, "delta": one.delta}
        for one in exchange.journal.history(topic.user).ledger
    ]
    return snapshot(topic, {"nonFundingLedgerUpdates": rows[-_SNAPSHOT_ROWS:]})


@current.register
def _(
    topic: subs.UserHistoricalOrders, exchange: Exchange, now_ms: int
) -> bytes | None:
    find = find_order(exchange, topic.user)
    records = list(exchange.journal.history(topic.user).orders)[-_SNAPSHOT_ROWS:]
    rows = [order_shapes.record(one, exchange.universe, find) for one in records]
    return snapshot(topic, {"orderHistory": rows})


@current.register
def _(topic: subs.UserTwapSliceFills, exchange: Exchange, now_ms: int) -> bytes | None:
    fills = exchange.journal.history(topic.user).fills
    rows = slice_fills(fills, exchange.universe)[-_SNAPSHOT_ROWS:]
    return snapshot(topic, {"twapSliceFills": rows})


@current.register
def _(topic: subs.UserTwapHistory, exchange: Exchange, now_ms: int) -> bytes | None:
    rows = list(exchange.journal.history(topic.user).twaps)[-_SNAPSHOT_ROWS:]
    history = [fill_shapes.twap_history(one, exchange.universe) for one in rows]
    return snapshot(topic, {"history": history})


@current.register
def _(topic: subs.WebData2, exchange: Exchange, now_ms: int) -> bytes | None:
    return frame("webData2", web_data(exchange, topic.user, now_ms))


def _leading(exchange: Exchange, user: str) -> list[dict[str, str]]:
    led = [one for one, leader in exchange.terms.vaults.items() if leader == user]
    return [{"address": one, "name": one} for one in led]


def web_data(exchange: Exchange, user: str, now_ms: int) -> dict[str, object]:
    """Return what the exchange's own front end is told about a user."""
    agent = exchange.identities.unnamed_agent(user, now_ms)
    return {
        "clearinghouseState": clearinghouse_state(exchange, user, None, now_ms),
        "leadingVaults": _leading(exchange, user),
        "totalVaultEquity": total_vault_equity(exchange, user, now_ms),
        "openOrders": frontend_orders(exchange, user, FIRST_DEX),
        "agentAddress": agent.address if agent else None,
        "agentValidUntil": agent.valid_until if agent else None,
        "cumLedger": usd_string(exchange.transfers.paid_in(user)),
        "meta": market_shapes.meta(exchange.universe),
        "assetCtxs": contexts(exchange, FIRST_DEX, now_ms),
        "serverTime": now_ms,
        "isVault": exchange.identities.role(user, now_ms).name == "vault",
        "user": user,
        "twapStates": [],
        "spotState": spot_state(exchange, user),
    }


@current.register
def _(topic: subs.WebData3, exchange: Exchange, now_ms: int) -> bytes | None:
    agent = exchange.identities.unnamed_agent(topic.user, now_ms)
    state = {
        "agentAddress": agent.address if agent else None,
        "agentValidUntil": agent.valid_until if agent else None,
        "cumLedger": usd_string(exchange.transfers.paid_in(topic.user)),
        "serverTime": now_ms,
        "isVault": exchange.identities.role(topic.user, now_ms).name == "vault",
        "user": topic.user,
    }
    dexes = [
        {
            "totalVaultEquity": "0.0"
            if dex
            else total_vault_equity(exchange, topic.user, now_ms),
            "perpsAtOpenInterestCap": [],
            "leadingVaults": [] if dex else _leading(exchange, topic.user),
        }
        for dex in exchange.universe.dexes
    ]
    return frame("webData3", {"userState": state, "perpDexStates": dexes})
