"""Funding of the synthetic market: an hourly premium, and the rate that follows.

The rule is that of the protocol document (§6): F8 = P + clamp(0.0001 - P, +-0.0005),
an eighth of it each hour, at most 4 %. Rates and premiums are counted in 10**-10.
"""

from hlsim.core.intervals import HOUR_MS
from hlsim.core.market import FundingRate
from hlsim.core.rng import bell, draw, stream

SCALE = 10**10
MAX_ROWS = 500
_INTEREST = SCALE // 10_000
_CLAMP = 5 * SCALE // 10_000
_CAP = 4 * SCALE // 100


class Funding:
    """The premiums of one seed, each a pure function of coin and hour."""

    def __init__(self, seed: int) -> None:
        """Use the streams of ``seed``."""
        self._seed = seed

    def premium(self, asset: int, at_ms: int) -> int:
        """Return the premium of the hour that contains ``at_ms``."""
        word = draw(stream(self._seed, 0xF0, asset), at_ms // HOUR_MS)
        return bell(word) * 30

    def rate(self, asset: int, at_ms: int) -> int:
        """Return the hourly rate of the hour that contains ``at_ms``."""
        return hourly_rate(self.premium(asset, at_ms))

    def history(self, asset: int, start_ms: int, end_ms: int) -> list[FundingRate]:
        """Return the first 500 payments from ``start_ms`` to ``end_ms``, ascending."""
        rows: list[FundingRate] = []
        hour = max(start_ms, 0) // HOUR_MS * HOUR_MS
        while hour <= end_ms and len(rows) < MAX_ROWS:
            row = self._payment(asset, hour)
            if start_ms <= row.time_ms <= end_ms:
                rows.append(row)
            hour += HOUR_MS
        return rows

    def _payment(self, asset: int, hour: int) -> FundingRate:
        # Paid some milliseconds after the hour, for the hour before it.
        late = 15 + draw(stream(self._seed, 0xF1), hour // HOUR_MS) % 36
        before = hour - HOUR_MS
        return FundingRate(
            hour + late, self.rate(asset, before), self.premium(asset, before)
        )


def hourly_rate(premium: int) -> int:
    """Return the hourly rate that follows from an eight-hour premium."""
    pull = min(max(_INTEREST - premium, -_CLAMP), _CLAMP)
    return min(max((premium + pull) // 8, -_CAP), _CAP)
