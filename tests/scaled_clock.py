"""A clock that runs faster than the wall's: real sockets, in little time."""

import asyncio

from threet.adapters.system_clock import SystemClock


class ScaledClock:
    """Implements ``threet.ports.clock.Clock``; give hlsim the same ``speed``."""

    def __init__(self, speed: float) -> None:
        self._wall = SystemClock()
        self._speed = speed
        self._began_ns = self._wall.now_ns()
        self._began = self._wall.monotonic()

    def now_ms(self) -> int:
        return self.now_ns() // 1_000_000

    def now_ns(self) -> int:
        return self._began_ns + int((self.monotonic() - self._began) * 1e9)

    def monotonic(self) -> float:
        passed = self._wall.monotonic() - self._began
        return self._began + passed * self._speed

    async def sleep(self, secs: float) -> None:
        await asyncio.sleep(secs / self._speed)
