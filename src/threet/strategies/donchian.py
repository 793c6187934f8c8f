"""Donchian breakout: in at a new extreme, out at the opposite one of a shorter time."""

from typing import Annotated

from msgspec import Meta

from threet.model.candles import Candle, Timeframe
from threet.model.targets import Target
from threet.strategies import indicators
from threet.strategies.strategy import (
    Needs,
    Strategy,
    View,
    Wish,
    highs,
    hold,
    lows,
    share,
)

_SIDE = "side"


class DonchianBreakout(Strategy, frozen=True, kw_only=True):
    """The bar that breaks out is compared with those before it, never with itself."""

    symbol: str = "BTC"
    timeframe: Timeframe = Timeframe.H1
    entry_bars: Annotated[int, Meta(ge=2, le=500)] = 55
    exit_bars: Annotated[int, Meta(ge=1, le=500)] = 20
    weight: Annotated[float, Meta(gt=0, le=5)] = 0.5

    def needs(self) -> Needs:
        bars = max(self.entry_bars, self.exit_bars) + 1
        return Needs(symbols=[self.symbol], timeframes=[self.timeframe], bars=bars)

    def on_candle(self, view: View, candle: Candle) -> Wish:
        before = view.candles(self.symbol, self.timeframe)[:-1]
        high, low = highs(before), lows(before)
        top = indicators.highest(high, self.entry_bars)
        bottom = indicators.lowest(low, self.entry_bars)
        exit_top = indicators.highest(high, self.exit_bars)
        exit_bottom = indicators.lowest(low, self.exit_bars)
        if top is None or bottom is None or exit_top is None or exit_bottom is None:
            return hold("too few bars for a channel")
        price, side = float(candle.close), int(view.memory.get(_SIDE, 0))
        if price > top:
            side = 1
        elif price < bottom:
            side = -1
        elif (side > 0 and price < exit_bottom) or (side < 0 and price > exit_top):
            side = 0
        view.memory[_SIDE] = side
        return Wish(
            targets=[Target(symbol=self.symbol, amount=share(side * self.weight))],
            because={1: "above", 0: "inside", -1: "below"}[side] + " the channel",
            values={"top": top, "bottom": bottom, "close": price},
        )
