"""The data of websocket channels: what a subscriber is sent."""

from functools import singledispatch

from hlsim.core.exchange import Exchange
from hlsim.core.market import Trade
from hlsim.core.universe import FIRST_DEX
from hlsim.wire import market_shapes, spot
from hlsim.wire import subscriptions as subs
from hlsim.wire.answers import contexts, mids, recent_trades
from hlsim.wire.books import l2_book
from hlsim.wire.messages import frame


def trades_frame(exchange: Exchange, asset: int, trades: tuple[Trade, ...]) -> bytes:
    """Encode the trades of a block."""
    instrument = exchange.universe[asset]
    return frame("trades", [market_shapes.trade(instrument, one) for one in trades])


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
    return frame("bbo", market_shapes.bbo(exchange.universe[asset], book))


@current.register
def _(topic: subs.Trades, exchange: Exchange, now_ms: int) -> bytes | None:
    backlog = recent_trades(exchange, exchange.asset(topic.coin))
    return frame("trades", backlog) if backlog else None


@current.register
def _(topic: subs.Candles, exchange: Exchange, now_ms: int) -> bytes | None:
    asset = exchange.asset(topic.coin)
    row = exchange.charts.forming(asset, topic.interval, now_ms)
    if row is None:
        return None
    instrument = exchange.universe[asset]
    return frame("candle", market_shapes.candle(instrument, topic.interval, row))


@current.register
def _(topic: subs.ActiveAssetCtx, exchange: Exchange, now_ms: int) -> bytes | None:
    if topic.coin == spot.PURR:
        data = {"coin": spot.PURR, "ctx": spot.contexts()[0]}
        return frame("activeSpotAssetCtx", data)
    asset = exchange.asset(topic.coin)
    context = exchange.context(asset, now_ms)
    wire = market_shapes.context(exchange.universe[asset], context)
    return frame("activeAssetCtx", {"coin": topic.coin, "ctx": wire})


@current.register
def _(topic: subs.AssetCtxs, exchange: Exchange, now_ms: int) -> bytes | None:
    dex = topic.dex if isinstance(topic.dex, str) else FIRST_DEX
    data = {"dex": dex, "ctxs": contexts(exchange, dex, now_ms)}
    return frame("assetCtxs", data)


@current.register
def _(topic: subs.AllDexsAssetCtxs, exchange: Exchange, now_ms: int) -> bytes | None:
    rows = [[dex, contexts(exchange, dex, now_ms)] for dex in exchange.universe.dexes]
    return frame("allDexsAssetCtxs", {"ctxs": rows})


@current.register
def _(topic: subs.FastAssetCtxs, exchange: Exchange, now_ms: int) -> bytes | None:
    universe = exchange.universe
    rows = {}
    for asset in universe.members(FIRST_DEX):
        wire = market_shapes.context(universe[asset], exchange.context(asset, now_ms))
        rows[universe[asset].name] = {"markPx": wire.mark_px, "midPx": wire.mid_px}
    return frame("fastAssetCtxs", rows)


def coin_exists(topic: subs.Subscription, exchange: Exchange) -> bool:
    """Tell whether the coin of a topic, if it has one, is known."""
    if not isinstance(topic, subs.CoinSubscription | subs.ActiveAssetData):
        return True
    if isinstance(topic, subs.ActiveAssetCtx) and topic.coin == spot.PURR:
        return True
    return exchange.universe.asset(topic.coin) is not None
