"""One fault while it is served: when it may strike, what it saw, what it struck."""

from hlsim.core.rng import draw, stream
from hlsim.faults.plan import Event, Fault

_WORDS = 1 << 64


class Armed:
    """A fault with its counters; its draws depend on the seed and its number alone."""

    __slots__ = ("_base", "_beat", "_closes_ms", "_odds", "fault", "last_ms", "number",
                 "opens_ms", "seen", "struck")  # fmt: skip

    def __init__(self, fault: Fault, *, number: int, seed: int, since_ms: int) -> None:
        """Arm ``fault`` at ``since_ms``, which ``after_ms`` counts from."""
        self.fault = fault
        self.number = number
        self.opens_ms = (
            since_ms + fault.after_ms if fault.at_ms is None else fault.at_ms
        )
        self._closes_ms = (
            None if fault.duration_ms is None else self.opens_ms + fault.duration_ms
        )
        self._base = stream(seed, number)
        self._odds = None if fault.rate is None else int(fault.rate * _WORDS)
        self._beat = 0
        self.seen = 0
        self.struck = 0
        self.last_ms: int | None = None

    def is_open(self, now_ms: int) -> bool:
        """Tell whether it may strike at ``now_ms``."""
        if now_ms < self.opens_ms or self._is_spent:
            return False
        return self._closes_ms is None or now_ms < self._closes_ms

    @property
    def _is_spent(self) -> bool:
        most = self.fault.count
        if most is None and self.fault.nth is not None:
            most = 1
        return most is not None and self.struck >= most

    def sees(self, now_ms: int) -> bool:
        """Count an occasion that matches, and tell whether this one is to be struck."""
        if not self.is_open(now_ms):
            return False
        self.seen += 1
        if self.fault.nth is not None and self.seen < self.fault.nth:
            return False
        return self._odds is None or draw(self._base, self.seen) < self._odds

    def strike(self, now_ms: int) -> None:
        """Count that it was injected."""
        self.struck += 1
        self.last_ms = now_ms

    def happens(self, now_ms: int) -> bool:
        """Tell whether an event is due by itself, and count it.

        Beats that a leap of time passed over are left out.
        """
        due_ms = self.due_ms
        if due_ms is None or due_ms > now_ms:
            return False
        self.strike(due_ms)
        every_ms = self.fault.every_ms if isinstance(self.fault, Event) else None
        self._beat = (now_ms - self.opens_ms) // every_ms + 1 if every_ms else 1
        return True

    @property
    def due_ms(self) -> int | None:
        """When it happens next by itself, None if it does not."""
        fault = self.fault
        if not isinstance(fault, Event) or fault.upon is not None:
            return None
        if self._beat and fault.every_ms is None:
            return None
        due_ms = self.opens_ms + self._beat * (fault.every_ms or 0)
        return due_ms if self.is_open(due_ms) else None

    def lasts(self, lasts_ms: int | None, now_ms: int) -> bool:
        """Tell whether its last effect goes on, for ever if ``lasts_ms`` is None."""
        if self.last_ms is None or now_ms < self.last_ms:
            return False
        return lasts_ms is None or now_ms < self.last_ms + lasts_ms
