"""Fair prices along recorded bars: open, the nearer extreme, the other one, close.

The first bar begins when somebody listens for the first time; before that, and after
the last bar, the price stands still (or the recording begins again).
"""

import itertools
from bisect import bisect_right
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np

from hlsim.core.rng import Integers
from hlsim.market.bars import Bar
from hlsim.market.catalogue import Listing
from hlsim.market.path import FINE_BITS

_LEGS = 3


class BarPath:
    """The path of several coins, each along its own bars."""

    def __init__(
        self,
        bars: Sequence[Sequence[Bar]],
        decimals: Sequence[int],
        *,
        block_ms: int,
        loop: bool,
    ) -> None:
        """``decimals`` are those of each coin's price units."""
        self._lines = [_Line(b, d) for b, d in zip(bars, decimals, strict=True)]
        self._block_ms = block_ms
        self._loop = loop
        self._played_ms: int | None = None
        self.fine = self._at(0)

    def begin(self) -> None:
        """Start playing with the next block, if that was not done before."""
        if self._played_ms is None:
            self._played_ms = 0

    def step(self, block: int) -> Integers:
        """Play one block on."""
        if self._played_ms is not None:
            self._played_ms += self._block_ms
            self.fine = self._at(self._played_ms)
        return self.fine

    def enlist(self, listings: Sequence[Listing]) -> None:
        """Refuse by ValueError: only recorded coins have prices."""
        raise ValueError("a recording has no prices for another coin")

    def _at(self, played_ms: int) -> Integers:
        prices = [
            line.price(played_ms % line.length_ms if self._loop else played_ms)
            for line in self._lines
        ]
        return np.array(prices, dtype=np.int64)


class _Line:
    """One coin's prices as a line through points in time."""

    def __init__(self, bars: Sequence[Bar], decimals: int) -> None:
        spacing = min(b.at_ms - a.at_ms for a, b in itertools.pairwise(bars))
        first_ms = bars[0].at_ms
        self.length_ms = bars[-1].at_ms - first_ms + spacing
        self._times: list[int] = []
        self._prices: list[int] = []
        for bar in bars:
            for leg, price in enumerate(_corners(bar)):
                self._times.append(bar.at_ms - first_ms + leg * (spacing - 1) // _LEGS)
                self._prices.append(_fine(price, decimals))

    def price(self, at_ms: int) -> int:
        after = bisect_right(self._times, at_ms)
        if after == len(self._times):
            return self._prices[-1]
        left, right = self._times[after - 1], self._times[after]
        low, high = self._prices[after - 1], self._prices[after]
        return low + (high - low) * (at_ms - left) // (right - left)


def _corners(bar: Bar) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    if bar.close >= bar.open:
        return bar.open, bar.low, bar.high, bar.close
    return bar.open, bar.high, bar.low, bar.close


def _fine(price: Decimal, decimals: int) -> int:
    units = price.scaleb(decimals) * (1 << FINE_BITS)
    return int(units.to_integral_value(rounding=ROUND_HALF_EVEN))
