"""The clock port: everything in hlsim that needs the time is given one of these."""

from typing import Protocol


class Clock(Protocol):
    """Exchange time and machine time, both in milliseconds."""

    def now_ms(self) -> int:
        """Return the exchange's time, UTC milliseconds since 1970."""
        ...

    def monotonic_ms(self) -> int:
        """Return machine time, which limits and idle timers are measured in."""
        ...

    async def wait_until(self, event_ms: int) -> None:
        """Return once ``now_ms()`` has reached ``event_ms``."""
        ...
