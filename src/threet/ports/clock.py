"""The only source of the current time, and the only way to wait for it."""

from typing import Protocol


class Clock(Protocol):
    def now_ms(self) -> int:
        """UTC milliseconds since 1970."""

    def now_ns(self) -> int:
        """UTC nanoseconds since 1970; stamps what is received."""

    def monotonic(self) -> float:
        """Seconds that never step back; for durations only."""

    async def sleep(self, secs: float) -> None: ...
