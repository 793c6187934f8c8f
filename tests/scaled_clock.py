"""A clock that runs faster than the wall's: real sockets, in little time."""

import asyncio
import threading
import time

# A second of it at most passes between two looks. What the machine did not run is no
# silence of the exchange then: both sides of these tests share a process and stand
# still together, and at 20 times the speed 3 s of the wall would be a lost minute.
_MOST_STEP_MS = 1000.0


class SteppingClock:
    """Implements hlsim's clock; ``now_ms`` never moves on by more than a second."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._lock = threading.Lock()
        self._now_ms = time.time_ns() / 1_000_000
        self._seen_ns = time.monotonic_ns()

    def now_ms(self) -> int:
        with self._lock:
            seen_ns = time.monotonic_ns()
            passed = (seen_ns - self._seen_ns) / 1_000_000 * self._speed
            self._seen_ns = seen_ns
            self._now_ms += min(passed, _MOST_STEP_MS)
            return int(self._now_ms)

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    async def wait_until(self, event_ms: int) -> None:
        while True:
            missing = event_ms - self.now_ms()
            # Within a step, or time would be left out for nothing.
            step = min(max(missing + 1, 0), _MOST_STEP_MS / 2)
            await asyncio.sleep(step / 1000 / self._speed)
            if missing <= _MOST_STEP_MS / 2:
                return


class ScaledClock:
    """Implements ``threet.ports.clock.Clock`` by an exchange's own, faster one.

    Both then agree about the time, and 10 s by it are ``10 / speed`` of the wall's, or
    more where the machine could not keep up.
    """

    def __init__(self, speed: float) -> None:
        self.exchange = SteppingClock(speed)

    def now_ms(self) -> int:
        return self.exchange.now_ms()

    def now_ns(self) -> int:
        return self.now_ms() * 1_000_000

    def monotonic(self) -> float:
        return self.now_ms() / 1000

    async def sleep(self, secs: float) -> None:
        await self.exchange.wait_until(self.now_ms() + int(secs * 1000))
