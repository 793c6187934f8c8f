"""HyperLiquid's words into the model's: this is where they end."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from threet.adapters.hyperliquid.frames import WireCandle, WireLevel, WireTrade
from threet.model.books import BookLevel
from threet.model.candles import Candle, Timeframe
from threet.model.errors import InvalidValueError
from threet.model.numbers import exact
from threet.model.trades import Side, Trade

_SIDES: Mapping[str, Side] = {"A": Side.SELL, "B": Side.BUY}
_TIMEFRAMES: Mapping[str, Timeframe] = {frame.value: frame for frame in Timeframe}
# The exchange shows volumes that were summed as floats ("3495670.8399999999").
_VOLUME_DECIMALS = 8
_VOLUME_STEP = Decimal(1).scaleb(-_VOLUME_DECIMALS)


def trade(wire: WireTrade) -> Trade:
    return Trade(
        symbol=wire.coin,
        side=_SIDES[wire.side],
        price=exact("px", wire.px),
        quantity=exact("sz", wire.sz),
        trade_ms=wire.time,
        trade_id=wire.tid,
    )


def level(wire: WireLevel) -> BookLevel:
    return BookLevel(exact("px", wire.px), exact("sz", wire.sz), wire.n)


def timeframe(interval: str) -> Timeframe:
    try:
        return _TIMEFRAMES[interval]
    except KeyError:
        known = ", ".join(_TIMEFRAMES)
        raise InvalidValueError("interval", f"be one of {known}", interval) from None


def candle(wire: WireCandle, now_ms: int) -> Candle:
    """A bar is closed once its end has passed by the clock (HYPERLIQUID.md 2.1)."""
    frame = timeframe(wire.i)
    return Candle(
        symbol=wire.s,
        timeframe=frame,
        open_ms=wire.t,
        open=exact("o", wire.o),
        high=exact("h", wire.h),
        low=exact("l", wire.l),
        close=exact("c", wire.c),
        volume=_volume(wire.v),
        trades=wire.n,
        is_closed=wire.t + frame.millis <= now_ms,
    )


def _volume(text: str) -> Decimal:
    volume = exact("v", text)
    if len(text.partition(".")[2]) <= _VOLUME_DECIMALS:
        return volume
    return volume.quantize(_VOLUME_STEP, rounding=ROUND_HALF_EVEN)


def is_spot(coin: str) -> bool:
    """Spot markets are named "@107" or "PURR/USDC"; 3T trades perpetuals."""
    return coin.startswith("@") or "/" in coin
