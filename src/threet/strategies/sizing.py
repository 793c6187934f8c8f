"""How much of the equity a view of the market is worth; None where an input is unknown.

Shares are signed only by the strategy: these are sizes, 0 or more.
"""

import math

BARS_A_YEAR_MINUTES = 365 * 24 * 60


def volatility_target(
    bar_volatility: float | None, bar_minutes: int, *, target: float, cap: float
) -> float | None:
    """The share at which a position moves by ``target`` a year (0.2 is 20 %).

    A market that does not move at all has no defined size.
    """
    if bar_volatility is None or bar_volatility <= 0:
        return None
    yearly = bar_volatility * math.sqrt(BARS_A_YEAR_MINUTES / bar_minutes)
    return min(cap, target / yearly)


def kelly(
    mean: float | None, variance: float | None, *, fraction: float, cap: float
) -> float | None:
    """``fraction`` of Kelly's mean over variance, never beyond ``cap``, 0 without an
    edge (Kelly 1956, for returns of small size)."""
    if mean is None or variance is None or variance <= 0:
        return None
    return max(0.0, min(cap, fraction * mean / variance))
