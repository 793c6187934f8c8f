"""Minutes in which a coin is made not to trade, and their late flat candles (F45)."""

from dataclasses import dataclass

from hlsim.core.intervals import MINUTE_MS
from hlsim.market.tape import Tape


@dataclass(frozen=True, slots=True)
class _Hold:
    """From ``first_ms`` until before ``end_ms``, both at a minute's bound."""

    first_ms: int
    end_ms: int


class Holds:
    """Which coins are held back."""

    def __init__(self, tape: Tape) -> None:
        """Publish on ``tape``."""
        self._tape = tape
        self._held: dict[int, _Hold] = {}

    def begin(self, asset: int, now_ms: int, minutes: int) -> None:
        """Hold a coin back for whole minutes, from the next one on.

        Raises ValueError for less than one.
        """
        if minutes < 1:
            raise ValueError("a coin is held back for at least one minute")
        first = now_ms - now_ms % MINUTE_MS + MINUTE_MS
        end = first + minutes * MINUTE_MS
        before = self._held.get(asset)
        # What was not yet published stays to be published.
        self._held[asset] = _Hold(before.first_ms if before else first, end)

    def is_held(self, asset: int, time_ms: int) -> bool:
        """Tell whether a coin may not trade at a moment."""
        hold = self._held.get(asset)
        return hold is not None and hold.first_ms <= time_ms < hold.end_ms

    def publish(self, asset: int, now_ms: int) -> int:
        """Fill the minutes that ended with flat candles; return how many."""
        hold = self._held.get(asset)
        if hold is None:
            return 0
        end = min(hold.end_ms, now_ms - now_ms % MINUTE_MS)
        added = self._tape.fill(asset, hold.first_ms, end - 1)
        if end == hold.end_ms:
            del self._held[asset]
        return added
