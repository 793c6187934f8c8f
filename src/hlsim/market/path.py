"""The fair prices of all coins: one common factor plus each coin's own noise.

A fine price is a price unit times 2**20. Everything is 64-bit integers: a return is a
count of 2**-24, and a coin never strays further than sixteenfold from its first price.
"""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from hlsim.core.rng import (
    BELL_DEVIATION,
    Integers,
    bell,
    bells,
    draw,
    draw_rows,
    stream,
)
from hlsim.market.catalogue import Listing

FINE_BITS = 20
# Noise is made for so many blocks at once, which costs little more than one.
AHEAD = 64
_RETURN_BITS = 24
_YEAR_MS = 365 * 86_400_000 + 21_600_000
_STRAY_BITS = 4
_LIVE, _PAST, _COMMON = 1, 2, 0xC0


class Walk:
    """Correlated steps of a fixed length in time, the same for the same seed."""

    def __init__(
        self, listings: Sequence[Listing], seed: int, kind: int, step_ms: int
    ) -> None:
        """Prepare the noise of steps of ``step_ms``."""
        self._seed = seed
        self._kind = kind
        self._step_ms = step_ms
        self._prepare(listings)

    def _prepare(self, listings: Sequence[Listing]) -> None:
        seed, kind = self._seed, self._kind
        self._common = stream(seed, kind, _COMMON)
        self._bases = np.array(
            [stream(seed, kind, asset) for asset in range(len(listings))],
            dtype=np.uint64,
        )
        scale = np.array([one.volatility_pct for one in listings], dtype=np.int64)
        per_pct = (65536 << _RETURN_BITS) // (100 * BELL_DEVIATION)
        strength = scale * per_pct // math.isqrt(_YEAR_MS // self._step_ms)
        # 0.7 squared plus 0.714 squared is one.
        self._shared = strength * 7 // 10
        self._own = strength * 714 // 1000
        self._first = 0
        self._rows: Sequence[Integers] = ()

    def enlist(self, listings: Sequence[Listing]) -> None:
        """Take further coins in: ``listings`` are all of them, the new ones last."""
        self._prepare(listings)

    def returns(self, step: int) -> Integers:
        """Return every coin's return in step number ``step``."""
        if not self._first <= step < self._first + len(self._rows):
            self._first = step
            self._rows = list(self._many(step))
        return self._rows[step - self._first]

    def _many(self, first: int) -> Integers:
        steps = range(first, first + AHEAD)
        common = np.array([bell(draw(self._common, step)) for step in steps])
        own = bells(draw_rows(self._bases, first, AHEAD))
        summed: Integers = (
            self._shared * common.astype(np.int64)[:, None] + self._own * own
        ) >> 16
        return summed


class Path(Protocol):
    """Fair prices of all coins, one block after the other."""

    fine: Integers

    def begin(self) -> None:
        """Tell that somebody listens; a recorded path waits for it."""
        ...

    def step(self, block: int) -> Integers:
        """Move to ``block`` and return the fine prices there."""
        ...

    def enlist(self, listings: Sequence[Listing]) -> None:
        """Take further coins in: ``listings`` are all of them, the new ones last.

        Raises ValueError if there can be no further ones.
        """
        ...


class LivePath:
    """Fair prices from the first ones on, block by block."""

    def __init__(self, listings: Sequence[Listing], seed: int, block_ms: int) -> None:
        """Begin at the listings' prices."""
        self._walk = Walk(listings, seed, _LIVE, block_ms)
        self.fine = first_prices(listings)
        self._bound(self.fine)

    def _bound(self, first: Integers) -> None:
        self._floor = first >> _STRAY_BITS
        self._ceiling = first << _STRAY_BITS

    def enlist(self, listings: Sequence[Listing]) -> None:
        """Take further coins in, at their first prices."""
        first = first_prices(listings)
        self.fine = np.concatenate((self.fine, first[len(self.fine) :]))
        self._bound(first)
        self._walk.enlist(listings)

    def begin(self) -> None:
        """Do nothing: this path goes on whether anyone listens or not."""

    def step(self, block: int) -> Integers:
        """Move to ``block`` and return the fine prices there."""
        moved = self.fine + (self.fine * self._walk.returns(block) >> _RETURN_BITS)
        self.fine = np.minimum(np.maximum(moved, self._floor), self._ceiling)
        return self.fine


def first_prices(listings: Sequence[Listing]) -> Integers:
    """Return the fine prices the listings begin with."""
    prices = np.array([one.px for one in listings], dtype=np.int64)
    fine: Integers = prices << FINE_BITS
    return fine


def past_path(listings: Sequence[Listing], seed: int, minutes: int) -> Integers:
    """Return fine prices at the bounds of the ``minutes`` before the first prices.

    One row a bound, oldest first; the last row is the first prices themselves, which
    is what makes the history join the live path.
    """
    walk = Walk(listings, seed, _PAST, 60_000)
    path = np.empty((minutes + 1, len(listings)), dtype=np.int64)
    path[minutes] = fine = first_prices(listings)
    floor, ceiling = fine >> _STRAY_BITS, fine << _STRAY_BITS
    for row in range(minutes - 1, -1, -1):
        fine = fine - (fine * walk.returns(minutes - row) >> _RETURN_BITS)
        path[row] = fine = np.clip(fine, floor, ceiling)
    return path
