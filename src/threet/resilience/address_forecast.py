"""When an account will have sent all the actions it may, at the present rate."""

from collections.abc import Sequence
from dataclasses import dataclass

from threet.model.accounts import AddressUse


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressForecast:
    """``exhausted_in_secs`` is None while nothing is used up: no two readings yet, or
    trading earns as many actions as it sends. 0: all are used."""

    used: int
    cap: int
    per_hour: float
    exhausted_in_secs: float | None

    @property
    def left(self) -> int:
        return max(0, self.cap - self.used)


def forecast(readings: Sequence[AddressUse]) -> AddressForecast | None:
    """From the oldest and newest reading; None without any.

    What counts is how fast the rest shrinks: each dollar traded adds an action.
    """
    if not readings:
        return None
    oldest, newest = readings[0], readings[-1]
    secs = (newest.read_ms - oldest.read_ms) / 1000
    used = newest.used - oldest.used
    left = newest.cap - newest.used
    shrunk = (oldest.cap - oldest.used) - left
    exhausted_in: float | None = None
    if left <= 0:
        exhausted_in = 0.0
    elif secs > 0 and shrunk > 0:
        exhausted_in = left / (shrunk / secs)
    return AddressForecast(
        used=newest.used,
        cap=newest.cap,
        per_hour=used / secs * 3600 if secs > 0 else 0.0,
        exhausted_in_secs=exhausted_in,
    )
