"""A strategy that wants anything at any time, for the sake of the simulation."""

from decimal import Decimal
from random import Random

import msgspec

from threet.model.candles import Candle, Timeframe
from threet.model.targets import Measure, Target
from threet.strategies.strategy import Needs, Strategy, View, Wish

_COUNT = "count"
_MOST_NOTIONAL = 4_000
_GUARDED = 0.3  # of the targets have a stop, and a profit


class Whims(Strategy, frozen=True, kw_only=True):
    """What it wants follows from ``seed`` and how often it was asked."""

    symbols: tuple[str, ...]
    seed: str

    def needs(self) -> Needs:
        return Needs(symbols=self.symbols, timeframes=[Timeframe.M1], bars=1)

    def on_candle(self, view: View, candle: Candle) -> Wish:
        del candle
        return self._wish(view)

    def on_price(self, view: View, symbol: str) -> Wish:
        del symbol
        return self._wish(view)

    def _wish(self, view: View) -> Wish:
        count = int(view.memory.get(_COUNT, 0)) + 1
        view.memory[_COUNT] = count
        random = Random(f"{self.seed}/{count}")  # noqa: S311
        symbol = random.choice(self.symbols)
        target = _target(random, symbol)
        price = view.price(symbol)
        if price is not None and random.random() < _GUARDED:
            target = _guarded(random, target, price)
        return Wish(targets=[target], because="it likes to")


def _target(random: Random, symbol: str) -> Target:
    drawn = random.random()
    if drawn < 0.2:
        return Target(symbol=symbol, amount=Decimal(0))
    if drawn < 0.6:
        amount = Decimal(random.randint(-_MOST_NOTIONAL, _MOST_NOTIONAL))
        return Target(symbol=symbol, amount=amount, measure=Measure.NOTIONAL)
    weight = Decimal(random.randint(-300, 300)) / 1000
    return Target(symbol=symbol, amount=weight, measure=Measure.WEIGHT)


def _guarded(random: Random, target: Target, price: Decimal) -> Target:
    """Sometimes so near that the market reaches it within the run."""
    sign = 1 if target.amount > 0 else -1
    far = Decimal(random.choice(("0.001", "0.004", "0.02")))
    return msgspec.structs.replace(
        target,
        stop_loss=price * (1 - sign * far),
        take_profit=price * (1 + sign * far),
    )
