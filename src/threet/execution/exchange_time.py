"""The exchange's time by a clock that nobody sets: what is signed goes by it."""

from dataclasses import dataclass

# More than what a slow line may add to what is known of the exchange's time.
_MOST_BEHIND_MS = 5_000
# A server that is behind tells a time long past, and what was signed by that would have
# expired (O5). By a clock so little ahead an order lives a little longer, and no nonce
# is used up.
_MOST_AHEAD_MS = 600_000


@dataclass(frozen=True, slots=True)
class ExchangeTime:
    """It said ``told_ms`` between two moments of the monotonic clock, in seconds."""

    told_ms: int
    asked_at: float
    answered_at: float

    def held(self, ours_ms: int, now: float) -> int:
        """Ours while it is near what the exchange's has to be, else the nearest that
        the exchange's can be: a clock a day ahead would use up the nonces of a day, one
        behind would sign what has expired (O7)."""
        earliest = self.told_ms + int((now - self.answered_at) * 1000)
        latest = self.told_ms + int((now - self.asked_at) * 1000)
        if earliest - _MOST_BEHIND_MS <= ours_ms <= latest + _MOST_AHEAD_MS:
            return ours_ms
        return min(max(ours_ms, earliest), latest)
