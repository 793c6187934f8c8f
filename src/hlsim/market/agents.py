"""The agents of the synthetic market: who quotes a coin, and who trades with whom.

Market makers own the ladders. Noise takers take either side; momentum takers follow
the recent move of the fair price, more often and for more after larger moves.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import msgspec
import numpy as np

from hlsim.core.rng import Integers, draw, mix, stream
from hlsim.market.catalogue import Listing

CALM = 64
_HOTTEST = 4 * CALM
_KIND, _MAKER = 0xA6, 0x3A
_YEAR_MS = 365 * 86_400_000 + 21_600_000
_RETURN_BITS = 24
# The recent past is a moving average of 2**6 blocks; the price is usually six times a
# block's move away from it (the root of half of 64).
_TREND_BITS, _USUAL_BLOCKS = 6, 6


class Role(Enum):
    """What an agent does."""

    MAKER = "maker"
    NOISE = "noise"
    MOMENTUM = "momentum"


# Powers of two, so that a few bits of a draw choose one.
_COUNTS = {Role.MAKER: 8, Role.NOISE: 64, Role.MOMENTUM: 16}


@dataclass(frozen=True, slots=True)
class Agent:
    """An account that trades of its own accord."""

    address: str
    role: Role


class Taking(msgspec.Struct, frozen=True, gc=False):
    """A taker's wish: so many millionths of a dollar, bought or sold at the best."""

    user: str
    buys: bool
    micro_usd: int


class Agents:
    """All agents of one seed."""

    def __init__(self, seed: int) -> None:
        """Name them."""
        self._seed = seed
        self.all = tuple(
            Agent(_address(stream(seed, _KIND, number), place), role)
            for number, role in enumerate(Role)
            for place in range(_COUNTS[role])
        )
        self.participants = tuple(one.address for one in self.all)
        self._makers, self._noise, self._momentum = (self.of(role) for role in Role)

    def of(self, role: Role) -> tuple[str, ...]:
        """Return the addresses of a role."""
        return tuple(one.address for one in self.all if one.role is role)

    def maker(self, asset: int) -> str:
        """Return who quotes a coin."""
        word = draw(stream(self._seed, _MAKER), asset)
        return self._makers[word % len(self._makers)]

    def takings(self, word: int, heat: int, size_usd: int) -> list[Taking]:
        """Return who takes in a block in which somebody does; ``heat`` as `Moves`."""
        first = mix(word + 5)
        found = [self._by_noise(first, size_usd)]
        if word & 3 == 0:
            found.append(self._by_noise(mix(word + 6), size_usd))
        if abs(heat) > first >> 40 & 0x1FF:
            found.append(self._by_momentum(mix(word + 7), heat, size_usd))
        return found

    def _by_noise(self, word: int, size_usd: int) -> Taking:
        user = self._noise[word >> 20 & 63]
        return Taking(user, word & 1 == 1, _micro_usd(word, size_usd))

    def _by_momentum(self, word: int, heat: int, size_usd: int) -> Taking:
        amount = _micro_usd(word, size_usd) * (CALM + 2 * abs(heat)) // CALM
        return Taking(self._momentum[word >> 20 & 15], heat > 0, amount)


class Moves:
    """How far each fair price is away from its own recent average."""

    def __init__(
        self, listings: Sequence[Listing], fine: Integers, block_ms: int
    ) -> None:
        """Begin without a move at the prices ``fine``."""
        self._trend = fine.copy()
        self._blocks = math.isqrt(_YEAR_MS // block_ms)
        self._usual = [self._usual_move(one) for one in listings]

    def _usual_move(self, one: Listing) -> int:
        percent = one.volatility_pct * _USUAL_BLOCKS
        return percent * (1 << _RETURN_BITS) // (100 * self._blocks)

    def enlist(self, listing: Listing, fine: int) -> None:
        """Take a coin in."""
        self._trend = np.append(self._trend, np.int64(fine))
        self._usual.append(self._usual_move(listing))

    def follow(self, fine: Integers) -> None:
        """Live through a block that ended at the prices ``fine``."""
        self._trend += (fine - self._trend) >> _TREND_BITS

    def heat(self, asset: int, fine: int) -> int:
        """Return the move, `CALM` for a usual one, negative downwards; at most 256."""
        trend = int(self._trend[asset])
        usual = (trend * self._usual[asset] >> _RETURN_BITS) + 1
        return min(max((fine - trend) * CALM // usual, -_HOTTEST), _HOTTEST)


def _micro_usd(word: int, size_usd: int) -> int:
    # Each doubling is half as likely: many small trades, now and then a big one.
    tail = 6 - (word >> 48 & 0x3F).bit_length()
    return (size_usd << tail) * (64 + (word >> 8 & 0xFF)) * 3906


def _address(base: int, place: int) -> str:
    high, middle, low = (draw(base, 3 * place + part) for part in range(3))
    return f"0x{high:016x}{middle:016x}{low >> 32:08x}"
