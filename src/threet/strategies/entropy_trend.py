"""A trend that is followed only while the market moves in an order."""

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


class EntropyTrend(Strategy, frozen=True, kw_only=True):
    """Out while permutation entropy is above ``most_entropy``; a market that does not
    move has none, which is unknown, not order."""

    symbol: str = "SOL"
    timeframe: Timeframe = Timeframe.H1
    order: Annotated[int, Meta(ge=3, le=7)] = 4
    entropy_bars: Annotated[int, Meta(ge=30, le=5000)] = 120
    most_entropy: Annotated[float, Meta(gt=0, le=1)] = 0.95
    trend_bars: Annotated[int, Meta(ge=2, le=500)] = 48
    weight: Annotated[float, Meta(gt=0, le=5)] = 0.4

    def needs(self) -> Needs:
        bars = max(self.entropy_bars, self.trend_bars + 1)
        return Needs(symbols=[self.symbol], timeframes=[self.timeframe], bars=bars)

    def on_candle(self, view: View, candle: Candle) -> Wish:
        prices = closes(view.candles(self.symbol, self.timeframe))
        window = prices[-self.entropy_bars :]
        entropy = indicators.permutation_entropy(window, self.order)
        if entropy is None or len(prices) <= self.trend_bars:
            return hold("the entropy is not defined")
        change = float(prices[-1] / prices[-1 - self.trend_bars] - 1)
        is_ordered = entropy <= self.most_entropy
        side = (change > 0) - (change < 0) if is_ordered else 0
        return Wish(
            targets=[Target(symbol=self.symbol, amount=share(side * self.weight))],
            because="an ordered market" if is_ordered else "no order in the market",
            values={"entropy": entropy, "change": change},
        )
