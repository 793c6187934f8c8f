"""A clock that moves when told to; whoever sleeps on it wakes when its time comes."""

import asyncio
import heapq
from itertools import count


class ManualClock:
    def __init__(self, now_ms: int) -> None:
        self._now_ns = now_ms * 1_000_000
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()

    def now_ms(self) -> int:
        return self._now_ns // 1_000_000

    def now_ns(self) -> int:
        return self._now_ns

    def monotonic(self) -> float:
        return self._now_ns / 1e9

    async def sleep(self, secs: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        until_ns = self._now_ns + int(secs * 1e9)
        heapq.heappush(self._sleepers, (until_ns, next(self._order), woken))
        await woken

    @property
    def sleepers(self) -> int:
        return sum(not woken.done() for _, _, woken in self._sleepers)

    def advance(self, secs: float) -> None:
        """Move on and wake, in the order of their times, all whose time has come."""
        self._now_ns += int(secs * 1e9)
        while self._sleepers and self._sleepers[0][0] <= self._now_ns:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
