"""A clock that moves only when told to: for tests, which set the time."""

import asyncio


class ManualClock:
    """Exchange time and machine time moved by hand, together."""

    def __init__(self, now_ms: int = 1_760_000_000_000) -> None:
        """Stand at ``now_ms``."""
        self._now_ms = now_ms
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        """Return the time it was moved to."""
        return self._now_ms

    def monotonic_ms(self) -> int:
        """Return the same: nobody speeds this clock up."""
        return self._now_ms

    def advance(self, by_ms: int) -> None:
        """Move on and wake whoever waited for it."""
        self._now_ms += by_ms
        due = [one for at, one in self._waiting if at <= self._now_ms]
        self._waiting = [pair for pair in self._waiting if pair[0] > self._now_ms]
        for future in due:
            if not future.done():
                future.set_result(None)

    async def wait_until(self, event_ms: int) -> None:
        """Return once `advance` has reached ``event_ms``."""
        if event_ms <= self._now_ms:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((event_ms, future))
        await future
