"""The wall clock; the one file of hlsim where ruff lets it be read."""

import asyncio
import time


def now_ns() -> int:
    """Return UTC nanoseconds since 1970."""
    return time.time_ns()


class SystemClock:
    """Real time, or ``speed`` times it for the exchange's own events."""

    def __init__(self, speed: float = 1.0) -> None:
        """Begin now. Raises ValueError unless ``speed`` is positive."""
        if not speed > 0:
            raise ValueError("speed must be positive")
        self._speed = speed
        self._began_ms = time.time_ns() // 1_000_000
        self._began_ns = time.monotonic_ns()

    def now_ms(self) -> int:
        """Return the exchange's time, UTC milliseconds since 1970."""
        passed = (time.monotonic_ns() - self._began_ns) / 1_000_000
        return self._began_ms + int(passed * self._speed)

    def monotonic_ms(self) -> int:
        """Return machine time in milliseconds."""
        return time.monotonic_ns() // 1_000_000

    async def wait_until(self, event_ms: int) -> None:
        """Return once ``event_ms`` has come."""
        missing = event_ms - self.now_ms()
        # One millisecond more: `now_ms` rounds down.
        await asyncio.sleep(max(missing + 1, 0) / 1000 / self._speed)
