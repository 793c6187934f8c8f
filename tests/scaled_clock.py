"""A clock that runs faster than the wall's: real sockets, in little time."""

import asyncio

from hlsim.system_clock import SystemClock as ExchangeClock


class ScaledClock:
    """Implements ``threet.ports.clock.Clock`` by an exchange's own, faster one.

    Both then agree about the time, and 10 s by it are ``10 / speed`` of the wall's.
    """

    def __init__(self, speed: float) -> None:
        self.exchange = ExchangeClock(speed)
        self._speed = speed

    def now_ms(self) -> int:
        return self.exchange.now_ms()

    def now_ns(self) -> int:
        return self.now_ms() * 1_000_000

    def monotonic(self) -> float:
        return self.now_ms() / 1000

    async def sleep(self, secs: float) -> None:
        await asyncio.sleep(secs / self._speed)
