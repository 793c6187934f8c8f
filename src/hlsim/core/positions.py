"""Positions: what was bought for what, exact in micro-dollars.

Nothing is averaged: a position keeps what its size cost in total, so that the entry
price is a quotient that is only rounded when it is written. What a partial close takes
off that cost is a quotient too; it is kept to 10**-18 dollars, far below anything told.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from hlsim.core.numbers import divided

FINE = 10**12


class Direction(StrEnum):
    """What a fill did to the position, in the words of `userFills` (§2.3)."""

    OPEN_LONG = "Open Long"
    OPEN_SHORT = "Open Short"
    CLOSE_LONG = "Close Long"
    CLOSE_SHORT = "Close Short"
    LONG_TO_SHORT = "Long > Short"
    SHORT_TO_LONG = "Short > Long"
    SETTLEMENT = "Settlement"


def direction(start: int, change: int) -> Direction:
    """Return what a change of the signed size ``start`` does."""
    end = start + change
    if start > 0 > end:
        return Direction.LONG_TO_SHORT
    if start < 0 < end:
        return Direction.SHORT_TO_LONG
    if change > 0:
        return Direction.CLOSE_SHORT if start < 0 else Direction.OPEN_LONG
    return Direction.CLOSE_LONG if start > 0 else Direction.OPEN_SHORT


@dataclass(slots=True)
class CumulativeFunding:
    """Funding a position paid in micro-dollars; negative if it was received."""

    since_open: int = 0
    since_change: int = 0

    def paid(self, usdc: int) -> None:
        """Count a payment."""
        self.since_open += usdc
        self.since_change += usdc


@dataclass(slots=True, kw_only=True)
class Position:
    """A signed size and what it cost; ``raw_usd`` is an isolated one's own cash.

    ``fine_cost`` counts the cost in 1 / `FINE` micro-dollars.
    """

    asset: int
    leverage: int
    is_cross: bool = True
    szi: int = 0
    fine_cost: int = 0
    raw_usd: int = 0
    funding: CumulativeFunding = field(default_factory=CumulativeFunding)

    @property
    def cost(self) -> int:
        """What the size cost, in micro-dollars.

        Halves are rounded up, always: to even, a whole amount bought at a half would
        cost a micro-dollar more or less than it did.
        """
        return (self.fine_cost + FINE // 2) // FINE

    @cost.setter
    def cost(self, usd: int) -> None:
        self.fine_cost = usd * FINE

    def reduce(self, change: int, px: int) -> int:
        """Close ``change`` (signed, at most all) at ``px``; returns the profit."""
        self.funding.since_change = 0
        before = self.cost
        self.fine_cost -= divided(self.fine_cost * abs(change), abs(self.szi))
        self.szi += change
        # By what the told cost fell, so that all profits add up to the cash they left.
        return -change * px - (before - self.cost)

    def increase(self, change: int, px: int) -> None:
        """Add ``change`` (signed, of the same direction) at ``px``."""
        self.funding.since_change = 0
        self.szi += change
        self.fine_cost += change * px * FINE

    def unrealized_pnl(self, mark_px: int) -> int:
        """Return what closing at the mark would bring."""
        return self.szi * mark_px - self.cost
