"""Buy and hold: what every other strategy has to beat."""

from typing import Annotated

from msgspec import Meta

from threet.model.candles import Candle, Timeframe
from threet.model.targets import Target
from threet.strategies.strategy import Needs, Strategy, View, Wish, share


class BuyAndHold(Strategy, frozen=True, kw_only=True):
    symbol: str = "BTC"
    timeframe: Timeframe = Timeframe.M1
    weight: Annotated[float, Meta(gt=0, le=5)] = 0.5

    def needs(self) -> Needs:
        return Needs(symbols=[self.symbol], timeframes=[self.timeframe], bars=1)

    def on_candle(self, view: View, candle: Candle) -> Wish:
        target = Target(symbol=self.symbol, amount=share(self.weight))
        return Wish(targets=[target], because="it holds")
