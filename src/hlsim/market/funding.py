"""Funding of the synthetic market: a premium for each hour, and the past rates."""

from hlsim.core.funding import hourly_rate
from hlsim.core.intervals import HOUR_MS
from hlsim.core.market import FundingRate
from hlsim.core.rng import bell, draw, stream

MAX_ROWS = 500


class Funding:
    """The premiums of one seed, each a pure function of coin and hour."""

    def __init__(self, seed: int) -> None:
        """Use the streams of ``seed``."""
        self._seed = seed
        self._newest: dict[int, tuple[int, int]] = {}

    def premium(self, asset: int, at_ms: int) -> int:
        """Return the premium of the hour that contains ``at_ms``, in 10**-10."""
        hour = at_ms // HOUR_MS
        known = self._newest.get(asset)
        if known is None or known[0] != hour:
            premium = bell(draw(stream(self._seed, 0xF0, asset), hour)) * 30
            known = self._newest[asset] = (hour, premium)
        return known[1]

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
