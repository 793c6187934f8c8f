"""A portfolio across products: the strongest up, the weakest down, by volatility."""

from collections.abc import Sequence
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


class MomentumPortfolio(Strategy, frozen=True, kw_only=True):
    """Ranked by the change over ``bars`` in units of its own volatility; ``each``
    symbols on both sides, in inverse proportion to their volatility. Reckoned once a
    bar, when the last of ``symbols`` that trades has closed it."""

    symbols: Annotated[tuple[str, ...], Meta(min_length=2)] = (
        *("BTC", "ETH", "SOL", "XRP", "DOGE", "AVAX", "SUI", "ADA"),
    )
    timeframe: Timeframe = Timeframe.H4
    bars: Annotated[int, Meta(ge=5, le=500)] = 42
    each: Annotated[int, Meta(ge=1, le=50)] = 2
    gross: Annotated[float, Meta(gt=0, le=5)] = 1.0

    def needs(self) -> Needs:
        return Needs(
            symbols=self.symbols, timeframes=[self.timeframe], bars=self.bars + 1
        )

    def on_candle(self, view: View, candle: Candle) -> Wish:
        ranked = self._ranked(view, candle.open_ms)
        if len(ranked) < 2 * self.each:
            return hold(f"only {len(ranked)} symbols have this bar")
        strong, weak = ranked[-self.each :], ranked[: self.each]
        weights = {
            symbol: sign / volatility
            for sign, side in ((1.0, strong), (-1.0, weak))
            for _, symbol, volatility in side
        }
        scale = self.gross / sum(map(abs, weights.values()))
        return Wish(
            targets=[
                Target(symbol=one, amount=share(scale * weights.get(one, 0.0)))
                for one in self.symbols
            ],
            because=f"strongest {strong[-1][1]}, weakest {weak[0][1]}",
            values={symbol: score for score, symbol, _ in ranked},
        )

    def _ranked(self, view: View, open_ms: int) -> Sequence[tuple[float, str, float]]:
        """Score, symbol and volatility of those that closed this very bar."""
        found = []
        for symbol in self.symbols:
            bars = view.candles(symbol, self.timeframe)
            if not bars or bars[-1].open_ms != open_ms or len(bars) <= self.bars:
                continue
            prices = closes(bars)
            volatility = indicators.volatility(prices, self.bars)
            if volatility:
                change = float(prices[-1] / prices[-1 - self.bars] - 1)
                found.append((change / volatility, symbol, volatility))
        return sorted(found)
