"""Bars of markets that are easy to reason about."""

import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from hlsim.core.rng import draw, stream
from tests.builders import START_MS, bar
from threet.model.candles import Candle, Timeframe


def bars(
    prices: Sequence[float], *, symbol: str = "BTC", timeframe: Timeframe = Timeframe.H1
) -> list[Candle]:
    """One bar for each close; it opens at the close before."""
    found, before = [], prices[0]
    for number, price in enumerate(prices):
        first, last = Decimal(f"{before:.4f}"), Decimal(f"{price:.4f}")
        found.append(
            bar(
                symbol=symbol,
                timeframe=timeframe,
                open_ms=START_MS + number * timeframe.millis,
                open=first,
                close=last,
                high=max(first, last),
                low=min(first, last),
            )
        )
        before = price
    return found


def curve(count: int, at: Callable[[int], float]) -> list[float]:
    return [at(number) for number in range(count)]


def rising(count: int) -> list[float]:
    """With a ripple: a market without any has no volatility."""
    return curve(count, lambda n: 100 + n + math.sin(n))


def walk(count: int, seed: int = 3) -> list[float]:
    """A seeded random walk."""
    base, price, found = stream(seed), 100.0, []
    for number in range(count):
        price *= 1 + (draw(base, number) % 2001 - 1000) / 100_000
        found.append(price)
    return found
