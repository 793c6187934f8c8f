"""The wall clock; the one file where ruff lets it be read."""

import asyncio
import time


def block(secs: float) -> None:
    """For threads; a coroutine waits by ``SystemClock.sleep``."""
    time.sleep(secs)


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def now_ns(self) -> int:
        return time.time_ns()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, secs: float) -> None:
        await asyncio.sleep(secs)
