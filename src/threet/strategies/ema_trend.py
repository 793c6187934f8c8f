"""Tactical trend, the default: with the trend of two averages, sized by volatility."""

from typing import Annotated

from msgspec import Meta

from threet.model.candles import Candle, Timeframe
from threet.model.targets import Target
from threet.strategies import indicators
from threet.strategies.sizing import volatility_target
from threet.strategies.strategy import (
    Needs,
    Strategy,
    View,
    Wish,
    closes,
    hold,
    share,
)


class EmaTrend(Strategy, frozen=True, kw_only=True):
    """Long while the fast average is above the slow one, else short or out."""

    symbol: str = "BTC"
    timeframe: Timeframe = Timeframe.H1
    fast: Annotated[int, Meta(ge=2, le=200)] = 20
    slow: Annotated[int, Meta(ge=3, le=400)] = 60
    volatility_bars: Annotated[int, Meta(ge=10, le=500)] = 48
    yearly_volatility: Annotated[float, Meta(gt=0, le=2)] = 0.3
    most_weight: Annotated[float, Meta(gt=0, le=5)] = 1.0
    goes_short: bool = True

    def __post_init__(self) -> None:
        if self.fast >= self.slow:
            raise ValueError("fast must be below slow")

    def needs(self) -> Needs:
        settling = indicators.SETTLING_PERIODS * max(self.fast, self.slow)
        bars = max(settling, self.volatility_bars + 1)
        return Needs(symbols=[self.symbol], timeframes=[self.timeframe], bars=bars)

    def on_candle(self, view: View, candle: Candle) -> Wish:
        prices = closes(view.candles(self.symbol, self.timeframe))
        fast = indicators.ema(prices, self.fast)
        slow = indicators.ema(prices, self.slow)
        size = volatility_target(
            indicators.volatility(prices, self.volatility_bars),
            self.timeframe.millis // 60_000,
            target=self.yearly_volatility,
            cap=self.most_weight,
        )
        if fast is None or slow is None or size is None:
            return hold("the averages or the volatility are not known yet")
        sign = 1 if fast > slow else -1 if self.goes_short else 0
        return Wish(
            targets=[Target(symbol=self.symbol, amount=share(sign * size))],
            because=f"fast average {'above' if fast > slow else 'not above'} slow",
            values={"fast": fast, "slow": slow, "size": size},
        )
