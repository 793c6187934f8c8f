"""RSI mean reversion: against an extreme, out again at the middle."""

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
    closes,
    hold,
    share,
)

_SIDE = "side"
_MIDDLE = 50.0


class RsiReversion(Strategy, frozen=True, kw_only=True):
    symbol: str = "ETH"
    timeframe: Timeframe = Timeframe.M15
    period: Annotated[int, Meta(ge=2, le=100)] = 14
    low: Annotated[float, Meta(gt=0, lt=50)] = 30.0
    high: Annotated[float, Meta(gt=50, lt=100)] = 70.0
    weight: Annotated[float, Meta(gt=0, le=5)] = 0.3

    def needs(self) -> Needs:
        bars = indicators.SETTLING_PERIODS * self.period + 1
        return Needs(symbols=[self.symbol], timeframes=[self.timeframe], bars=bars)

    def on_candle(self, view: View, candle: Candle) -> Wish:
        prices = closes(view.candles(self.symbol, self.timeframe))
        strength = indicators.rsi(prices, self.period)
        if strength is None:
            return hold("the index is not defined")
        side = int(view.memory.get(_SIDE, 0))
        if strength < self.low:
            side = 1
        elif strength > self.high:
            side = -1
        elif (side > 0 and strength >= _MIDDLE) or (side < 0 and strength <= _MIDDLE):
            side = 0
        view.memory[_SIDE] = side
        return Wish(
            targets=[Target(symbol=self.symbol, amount=share(side * self.weight))],
            because=f"relative strength {strength:.1f}",
            values={"rsi": strength},
        )
