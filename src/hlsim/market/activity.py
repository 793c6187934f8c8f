"""How lively each coin is: in which share of the blocks its quote moves."""

from collections.abc import Sequence

import numpy as np

from hlsim.core.rng import draw_rows
from hlsim.market.catalogue import Listing

WHOLE = 1 << 32
_SECOND_MS = 1000
# So many blocks are drawn at once, which costs little more than one.
_AHEAD = 64


class RateTooHighError(ValueError):
    """More market frames a second were asked for than the blocks can carry."""

    def __init__(self, rate: int, most: int) -> None:
        self.rate = rate
        self.most = most
        super().__init__(rate, most)

    def __str__(self) -> str:
        return (
            f"{self.rate} messages a second are more than these symbols and blocks"
            f" can carry; ask for {self.most} at most"
        )


def thresholds(
    listings: Sequence[Listing], rate: int | None, block_ms: int
) -> list[int]:
    """Return each coin's share of lively blocks, of 2**32.

    A lively block makes one bbo frame and, every second time, one trades frame; with
    ``rate`` the shares are scaled until all coins together make that many a second.
    Raises RateTooHighError if even moving every quote in every block is too little.
    """
    own = [0 if one.instrument.is_delisted else one.liveliness for one in listings]
    if rate is None:
        return own
    most = sum(WHOLE for share in own if share) * 3 * _SECOND_MS // (2 * block_ms)
    wanted = rate * WHOLE
    if wanted > most:
        raise RateTooHighError(rate, most // WHOLE)
    low, high = 0, WHOLE << 16
    while low < high:
        scale = (low + high) // 2
        total = sum(_scaled(own, scale)) * 3 * _SECOND_MS // (2 * block_ms)
        low, high = (scale + 1, high) if total < wanted else (low, scale)
    return _scaled(own, low)


def _scaled(shares: Sequence[int], scale: int) -> list[int]:
    return [min(share * scale >> 16, WHOLE) for share in shares]


class Liveliness:
    """Which coins are lively in which block, and the draw that each makes there."""

    def __init__(self, bases: Sequence[int], shares: Sequence[int]) -> None:
        """``bases`` are the coins' streams, ``shares`` those of `thresholds`."""
        self._bases = np.array(bases, dtype=np.uint64)
        self._shares = np.array(shares, dtype=np.uint64)
        self._first = 0
        self._rows: list[tuple[list[int], list[int]]] = []

    def enlist(self, base: int, share: int) -> None:
        """Take a coin in."""
        self._bases = np.append(self._bases, np.uint64(base))
        self._shares = np.append(self._shares, np.uint64(share))
        self._rows = []

    def silence(self, asset: int) -> None:
        """Let a coin never be lively again."""
        self._shares[asset] = 0
        self._rows = []

    def of(self, block: int) -> tuple[list[int], list[int]]:
        """Return the lively coins of a block, ascending, and their draws."""
        if not self._first <= block < self._first + len(self._rows):
            self._first = block
            self._rows = self._many(block)
        return self._rows[block - self._first]

    def _many(self, first: int) -> list[tuple[list[int], list[int]]]:
        words = draw_rows(self._bases, first, _AHEAD)
        lively = (words & np.uint64(0xFFFFFFFF)) < self._shares
        rows: list[tuple[list[int], list[int]]] = []
        for row, mask in zip(words, lively, strict=True):
            coins = np.flatnonzero(mask)
            rows.append((coins.tolist(), row[coins].tolist()))
        return rows
