"""HyperLiquid's words into the model's: this is where they end."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from threet.adapters.hyperliquid.frames import WireCandle, WireLevel, WireTrade
from threet.model.books import BookLevel
from threet.model.candles import Candle, Timeframe
from threet.model.errors import InvalidValueError
from threet.model.numbers import exact, exact_all
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


def levels(side: Sequence[WireLevel]) -> tuple[BookLevel, ...]:
    prices = exact_all("px", [level.px for level in side])
    quantities = exact_all("sz", [level.sz for level in side])
    return tuple(map(BookLevel, prices, quantities, [level.n for level in side]))


def timeframe(interval: str) -> Timeframe:
    try:
        return _TIMEFRAMES[interval]
    except KeyError:
        known = ", ".join(_TIMEFRAMES)
        raise InvalidValueError("interval", f"be one of {known}", interval) from None


def candle(wire: WireCandle, now_ms: int) -> Candle:
    """A bar is closed once its end has passed by the clock (HYPERLIQUID.md 2.1)."""
    frame = timeframe(wire.i)
    open_, high, low, close = exact_all("candle", (wire.o, wire.h, wire.l, wire.c))
    return Candle(
        symbol=wire.s,
        timeframe=frame,
        open_ms=wire.t,
        open=open_,
        high=high,
        low=low,
        close=close,
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
