"""Which nonces a signer may still use, and until when an action counts (§3.3)."""

from bisect import bisect_left

from hlsim.core.intervals import HOUR_MS
from hlsim.core.refusal import Refused

KEPT = 100
PAST_MS = 48 * HOUR_MS
FUTURE_MS = 24 * HOUR_MS
EXPIRED = Refused("Action already expired")
# So few signers are not worth a search for those that may be forgotten.
_FIRST_SWEEP = 1024


class Nonces:
    """The 100 highest nonces of every signer.

    A signer whose nonces have all left the time window is forgotten: the window
    refuses whatever its memory would have refused. So memory is bounded by the signers
    of three days.
    """

    def __init__(self) -> None:
        """Begin with no signer."""
        self._kept: dict[str, list[int]] = {}
        self._sweep_at = _FIRST_SWEEP

    def take(self, signer: str, nonce: int, now_ms: int) -> Refused | None:
        """Use ``nonce`` up, unless it is refused; None if it was accepted.

        Accepted is what is newer than two days, not a day ahead, unused, and, once 100
        are kept, greater than the smallest of them. The limits in the texts of the
        window are as third parties saw them; the order of these checks is a guess.
        """
        if refused := _outside_window(nonce, now_ms):
            return refused
        kept = self._kept.get(signer, [])
        place = bisect_left(kept, nonce)
        if place < len(kept) and kept[place] == nonce:
            return Refused(f"Invalid nonce: duplicate nonce {nonce}")
        if len(kept) == KEPT and not place:
            return Refused(f"Invalid nonce: nonce too low {nonce} < {kept[0]}")
        if not kept:
            self._admit(signer, kept, now_ms)
        kept.insert(place, nonce)
        if len(kept) > KEPT:
            del kept[0]
        return None

    def forget(self, signer: str) -> None:
        """Drop what a deregistered agent has used, so that it could be replayed.

        The real exchange does so, which is why an agent must never be used again (§4).
        """
        self._kept.pop(signer, None)

    def __len__(self) -> int:
        """Return how many signers are remembered."""
        return len(self._kept)

    def _admit(self, signer: str, kept: list[int], now_ms: int) -> None:
        if len(self._kept) >= self._sweep_at:
            self._sweep(now_ms)
        self._kept[signer] = kept

    def _sweep(self, now_ms: int) -> None:
        oldest = now_ms - PAST_MS
        alive = {one: kept for one, kept in self._kept.items() if kept[-1] > oldest}
        self._kept = alive
        self._sweep_at = max(2 * len(alive), _FIRST_SWEEP)


def _outside_window(nonce: int, now_ms: int) -> Refused | None:
    oldest, newest = now_ms - PAST_MS, now_ms + FUTURE_MS
    if nonce <= oldest:
        return Refused(f"Invalid nonce: nonce too low {nonce} < {oldest}")
    if nonce >= newest:
        return Refused(f"Invalid nonce: nonce too high {nonce} > {newest}")
    return None


def check_expiry(expires_after: int | None, now_ms: int) -> Refused | None:
    """Refuse an action whose `expiresAfter` has passed; None if it still counts."""
    if expires_after is not None and expires_after < now_ms:
        return EXPIRED
    return None
