"""The rule of funding (§6): from premium to hourly rate, both counted in 10**-10."""

from hlsim.core.numbers import RATE_SCALE

_INTEREST = RATE_SCALE // 10_000
_CLAMP = 5 * RATE_SCALE // 10_000
_CAP = 4 * RATE_SCALE // 100


def premium_of(impact_bid: int, impact_ask: int, oracle: int) -> int:
    """Return how far the impact prices are off the oracle; prices in any one unit."""
    off = max(impact_bid - oracle, 0) - max(oracle - impact_ask, 0)
    return off * RATE_SCALE // oracle


def hourly_rate(premium: int) -> int:
    """Return the hourly rate that follows from an hour's mean premium.

    F8 = P + clamp(0.0001 - P, +-0.0005); an eighth of it each hour, at most 4 %.
    """
    pull = min(max(_INTEREST - premium, -_CLAMP), _CLAMP)
    return min(max((premium + pull) // 8, -_CAP), _CAP)
