"""The data of websocket channels: what a subscriber is sent."""

from functools import singledispatch

from hlsim.core.exchange import Exchange
from hlsim.core.market import Trade
from hlsim.core.universe import FIRST_DEX
from hlsim.wire import market_data, spot
from hlsim.wire import subscriptions as subs
from hlsim.wire.account_answers import clearinghouse_state
from hlsim.wire.answers import contexts, mids, recent_trades
from hlsim.wire.books import l2_book
from hlsim.wire.messages import frame


def trades_frame(exchange: Exchange, asset: int, trades: tuple[Trade, ...]) -> bytes:
    """Encode the trades of a block."""
    instrument = exchange.universe[asset]
    return frame("trades", [market_data.trade(instrument, one) for one in trades])


@singledispatch
def current(topic: subs.Subscription, exchange: Exchange, now_ms: int) -> bytes | None:
    """Encode what a topic says now; None if it has nothing to say.

    Sent once after subscribing (§5.3) and then as often as the channel's cadence is.
    """
    return None


@current.register
def _(topic: subs.AllMids, exchange: Exchange, now_ms: int) -> bytes | None:
    if isinstance(topic.dex, str):
        values = mids(exchange, topic.dex)
        return frame("allMids", {"mids": values, "dex": topic.dex})
    return frame("allMids", {"mids": mids(exchange, FIRST_DEX)})


@current.register
def _(topic: subs.L2Book, exchange: Exchange, now_ms: int) -> bytes | None:
    asset = exchange.asset(topic.coin)
    book = l2_book(
        exchange.universe[asset],
        exchange.book(asset),
        n_sig_figs=topic.n_sig_figs,
        mantissa=topic.mantissa,
        fast=topic.fast is True,
    )
    return frame("l2Book", book)


@current.register
def _(topic: subs.Bbo, exchange: Exchange, now_ms: int) -> bytes | None:
    asset = exchange.asset(topic.coin)
    book = exchange.top(asset)
    return frame("bbo", market_data.bbo(exchange.universe[asset], book))


@current.register
def _(topic: subs.Trades, exchange: Exchange, now_ms: int) -> bytes | None:
    backlog = recent_trades(exchange, exchange.asset(topic.coin))
    return frame("trades", backlog) if backlog else None


@current.register
def _(topic: subs.Candles, exchange: Exchange, now_ms: int) -> bytes | None:
    asset = exchange.asset(topic.coin)
    row = exchange.forming(asset, topic.interval, now_ms)
    if row is None:
        return None
    instrument = exchange.universe[asset]
    return frame("candle", market_data.candle(instrument, topic.interval, row))


@current.register
def _(topic: subs.ActiveAssetCtx, exchange: Exchange, now_ms: int) -> bytes | None:
    if topic.coin == spot.PURR:
        data = {"coin": spot.PURR, "ctx": spot.contexts()[0]}
        return frame("activeSpotAssetCtx", data)
    asset = exchange.asset(topic.coin)
    context = exchange.context(asset, now_ms)
    wire = market_data.context(exchange.universe[asset], context)
    return frame("activeAssetCtx", {"coin": topic.coin, "ctx": wire})


@current.register
def _(topic: subs.ClearinghouseState, exchange: Exchange, now_ms: int) -> bytes | None:
    dex = topic.dex if isinstance(topic.dex, str) else ""
    state = clearinghouse_state(exchange, topic.user, dex, now_ms)
    data = {"dex": dex, "user": topic.user, "clearinghouseState": state}
    return frame("clearinghouseState", data)


@current.register
def _(topic: subs.OpenOrders, exchange: Exchange, now_ms: int) -> bytes | None:
    dex = topic.dex if isinstance(topic.dex, str) else ""
    return frame("openOrders", {"dex": dex, "user": topic.user, "orders": []})


@current.register
def _(topic: subs.SpotState, exchange: Exchange, now_ms: int) -> bytes | None:
    return frame("spotState", {"user": topic.user, "spotState": {"balances": []}})


@current.register
def _(topic: subs.UserFills, exchange: Exchange, now_ms: int) -> bytes | None:
    data = {"isSnapshot": True, "user": topic.user, "fills": []}
    return frame("userFills", data)


@current.register
def _(topic: subs.UserFundings, exchange: Exchange, now_ms: int) -> bytes | None:
    data = {"isSnapshot": True, "user": topic.user, "fundings": []}
    return frame("userFundings", data)


@current.register
def _(topic: subs.UserLedger, exchange: Exchange, now_ms: int) -> bytes | None:
    data = {"isSnapshot": True, "user": topic.user, "nonFundingLedgerUpdates": []}
    return frame("userNonFundingLedgerUpdates", data)


@current.register
def _(topic: subs.WebData2, exchange: Exchange, now_ms: int) -> bytes | None:
    data = {
        "clearinghouseState": clearinghouse_state(exchange, topic.user, "", now_ms),
        "openOrders": [],
        "meta": market_data.meta(exchange.universe),
        "assetCtxs": contexts(exchange, FIRST_DEX, now_ms),
        "serverTime": now_ms,
        "isVault": False,
        "user": topic.user,
    }
    return frame("webData2", data)


def coin_exists(topic: subs.Subscription, exchange: Exchange) -> bool:
    """Tell whether the coin of a topic, if it has one, is known."""
    if not isinstance(topic, subs.CoinSubscription):
        return True
    if isinstance(topic, subs.ActiveAssetCtx) and topic.coin == spot.PURR:
        return True
    return exchange.universe.asset(topic.coin) is not None
