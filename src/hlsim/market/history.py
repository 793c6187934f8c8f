"""The minutes before the exchange was started, derived from a seeded past path.

Only the path is kept (8 bytes a minute and coin); candles are derived when asked for.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hlsim.core.candles import Candle
from hlsim.core.intervals import MINUTE_MS
from hlsim.core.rng import GOLDEN, Integers, mix_words, stream
from hlsim.market.catalogue import Listing
from hlsim.market.path import FINE_BITS, past_path

_DAY_MINUTES = 1440
_POWERS = 10 ** np.arange(19, dtype=np.int64)


class History:
    """One-minute candles of every coin up to the origin, made on first use."""

    def __init__(
        self,
        listings: Sequence[Listing],
        *,
        seed: int,
        days: int,
        origin_ms: int,
        trades_per_minute: Sequence[int],
    ) -> None:
        """``trades_per_minute`` is in 1/65536, as the live market prints them."""
        self._listings = list(listings)
        self._count = len(self._listings)
        self._seed = seed
        self._minutes = days * _DAY_MINUTES
        self._origin_ms = origin_ms
        self._pace = trades_per_minute
        self._path: Integers | None = None

    def enlist(self, listing: Listing) -> None:
        """Add a coin that has no history."""
        self._listings.append(listing)

    @property
    def first_ms(self) -> int:
        """When the oldest minute opened."""
        return self._origin_ms - self._minutes * MINUTE_MS

    def minutes(self, asset: int, first_ms: int, last_ms: int) -> list[Candle]:
        """Return the candles that opened in the span; minutes without trade lack."""
        rows = self._columns(asset, first_ms, last_ms)
        return [Candle(*row) for row in rows.tolist()]

    def price_before(self, asset: int, at_ms: int) -> int:
        """Return the price at ``at_ms`` (within the history), in units."""
        if asset >= self._count:
            return self._listings[asset].px
        row = (at_ms - self.first_ms) // MINUTE_MS
        row = min(max(row, 0), self._minutes)
        decimals = self._listings[asset].instrument.px_decimals
        path = self._whole_path()[row : row + 1, asset]
        return int(_on_tick(path, decimals)[0])

    def volumes(self, asset: int, first_ms: int, last_ms: int) -> tuple[int, int]:
        """Return base volume (units) and notional (10**-6 dollars) of the span."""
        rows = self._columns(asset, first_ms, last_ms)
        middle = (rows[:, 2] + rows[:, 3]) // 2
        return int(rows[:, 5].sum()), int((rows[:, 5] * middle).sum())

    def _whole_path(self) -> Integers:
        if self._path is None:
            begun_with = self._listings[: self._count]
            self._path = past_path(begun_with, self._seed, self._minutes)
        return self._path

    def _columns(self, asset: int, first_ms: int, last_ms: int) -> Integers:
        """Return rows of t, o, h, l, c, v, n."""
        listing = self._listings[asset]
        begin = max(-(-(first_ms - self.first_ms) // MINUTE_MS), 0)
        end = min((last_ms - self.first_ms) // MINUTE_MS + 1, self._minutes)
        is_new = asset >= self._count
        if begin >= end or is_new or listing.instrument.is_delisted:
            return np.empty((0, 7), dtype=np.int64)
        index = np.arange(begin, end, dtype=np.int64)
        noise = self._noise(asset, index)
        n = _counts(noise, self._pace[asset])
        decimals = listing.instrument.px_decimals
        path = self._whole_path()[begin : end + 1, asset]
        prices = _bars(path, noise, decimals)
        # Whoever traded once printed one price.
        prices = np.where((n == 1)[:, None], prices[:, 3:], prices)
        v = _sizes(noise, n, listing, prices[:, 3])
        t = self.first_ms + index * MINUTE_MS
        rows = np.column_stack((t, prices, v, n))
        traded: Integers = rows[n > 0]
        return traded

    def _noise(self, asset: int, index: Integers) -> NDArray[np.uint64]:
        # Counted back from the origin: more days of history do not change the newest.
        age = (self._minutes - index).astype(np.uint64)
        base = np.uint64(stream(self._seed, 0x41, asset))
        return mix_words(base + age * np.uint64(GOLDEN))


def _bars(path: Integers, noise: NDArray[np.uint64], decimals: int) -> Integers:
    """Return open, high, low, close between the path's points, wicks included."""
    first, last = path[:-1], path[1:]
    wick = (first >> 12) + np.abs(last - first) // 4
    up = ((noise >> np.uint64(8)) & np.uint64(0xFF)).astype(np.int64)
    down = ((noise >> np.uint64(16)) & np.uint64(0xFF)).astype(np.int64)
    high = np.maximum(first, last) + wick * up // 256
    low = np.minimum(first, last) - wick * down // 256
    columns = [_on_tick(one, decimals) for one in (first, high, low, last)]
    bars: Integers = np.column_stack(columns)
    return bars


def _on_tick(fine: Integers, decimals: int) -> Integers:
    """Return fine prices as the valid prices (units) below them."""
    units = fine >> FINE_BITS
    digits = np.searchsorted(_POWERS, units, side="right")
    ticks = _POWERS[np.clip(digits - 5, 0, decimals)]
    valid: Integers = units - units % ticks
    return valid


def _counts(noise: NDArray[np.uint64], pace: int) -> Integers:
    """Return how many trades each minute had, ``pace`` / 65536 on average."""
    spread = (noise >> np.uint64(24) & np.uint64(0xFFFF)).astype(np.int64)
    # Uniform from half to three halves of the mean, rounded by the noise's other bits.
    fraction = (noise >> np.uint64(40) & np.uint64(0xFFFF)).astype(np.int64)
    counts: Integers = (pace // 2 + pace * spread // 65536 + fraction) >> 16
    return counts


def _sizes(
    noise: NDArray[np.uint64], n: Integers, listing: Listing, px: Integers
) -> Integers:
    """Return the volume of each minute in size units, at least a lot a trade."""
    jitter = (noise >> np.uint64(56)).astype(np.int64) + 128
    usd = n * listing.size_usd * 2 * jitter * (1_000_000 // 256)
    sizes: Integers = np.maximum(usd // px, n)
    return sizes
