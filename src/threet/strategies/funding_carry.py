"""Funding carry: on the side that is paid, while it is paid enough."""

from typing import Annotated

from msgspec import Meta

from threet.model.candles import Candle, Timeframe
from threet.model.targets import Target
from threet.strategies.strategy import Needs, Strategy, View, Wish, hold, share

_HOURS_A_YEAR = 365 * 24


class FundingCarry(Strategy, frozen=True, kw_only=True):
    """``enter_yearly`` and ``leave_yearly`` are funding rates of a year, without
    compounding; between the two it stays as it is."""

    symbol: str = "HYPE"
    timeframe: Timeframe = Timeframe.H1
    enter_yearly: Annotated[float, Meta(gt=0, le=10)] = 0.3
    leave_yearly: Annotated[float, Meta(ge=0, le=10)] = 0.1
    weight: Annotated[float, Meta(gt=0, le=2)] = 0.3

    def __post_init__(self) -> None:
        if self.leave_yearly >= self.enter_yearly:
            raise ValueError("leave_yearly must be below enter_yearly")

    def needs(self) -> Needs:
        return Needs(
            symbols=[self.symbol], timeframes=[self.timeframe], bars=1, funding=True
        )

    def on_candle(self, view: View, candle: Candle) -> Wish:
        rate = view.funding(self.symbol)
        if rate is None:
            return hold("the funding rate is not known")  # never taken for 0 (F51)
        yearly = rate * _HOURS_A_YEAR
        if self.leave_yearly <= abs(yearly) < self.enter_yearly:
            return hold("between entry and exit", yearly=yearly)
        side = 0 if abs(yearly) < self.leave_yearly else -1 if yearly > 0 else 1
        return Wish(
            targets=[Target(symbol=self.symbol, amount=share(side * self.weight))],
            because=f"funding of {yearly:.1%} a year",
            values={"yearly": yearly},
        )
