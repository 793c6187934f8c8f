"""Virtual time: one exchange, a loop that sleeps on it, and what happens by itself.

The platform's own processes run on it unchanged. Whenever nobody has anything to do,
time passes up to the next thing that happens. What is done at once is done alone: while
a process waits for an answer the exchange and the timeline live on, the other processes
do not.
"""

import asyncio
import heapq
import math
import selectors
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count

from hlsim.virtual import VirtualExchange
from threet.model.errors import DependencyError

Start = Callable[[], Awaitable[None]]
_BLOCK_MS = 1_000


class SimulatedCrash(BaseException):
    """A process ends here and now, as by kill -9."""


@dataclass(slots=True)
class Kernel:
    """``offset_ms`` is how far off the platform's clock is; ``restart_ms`` says how
    long a process that crashed stays away."""

    exchange: VirtualExchange
    restart_ms: Callable[[], int]
    end_ms: int
    offset_ms: int = 0
    deaths: list[str] = field(default_factory=list)
    crashes: list[tuple[int, str, str]] = field(default_factory=list)
    _timeline: list[tuple[int, int, Callable[[], object]]] = field(default_factory=list)
    _processes: list[tuple[str, Start]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)

    @property
    def now_ms(self) -> int:
        """The exchange's time, which is the true one."""
        return self.exchange.now_ms

    def at(self, at_ms: int, act: Callable[[], object]) -> None:
        """Let something happen then; it must not wait itself."""
        heapq.heappush(self._timeline, (at_ms, next(self._order), act))

    def next_event_ms(self, most_ms: int) -> int:
        """Just after the next thing that happens by itself, in ``most_ms`` at most."""
        latest_ms = self.now_ms + most_ms
        return min(self._timeline[0][0] + 1, latest_ms) if self._timeline else latest_ms

    def spawn(self, name: str, start: Start) -> None:
        """``start`` is the whole process, and is called anew after a crash."""
        self._processes.append((name, start))

    def pass_time(self, ms: int) -> None:
        """Whoever runs waits so long."""
        self._live_to(self.now_ms + max(0, ms), lambda: False)

    def idle(self, secs: float | None, is_needed: Callable[[], bool]) -> None:
        """Nobody has anything to do for so long, unless somebody is needed."""
        until_ms = self.end_ms
        if secs is not None:
            until_ms = min(until_ms, self.now_ms + math.ceil(secs * 1000 - 1e-6))
        self._live_to(until_ms, is_needed)

    def run(self) -> None:
        """All processes, until the end."""
        loop = _VirtualLoop(self)
        loop.set_exception_handler(lambda _, told: self.deaths.append(str(told)[:300]))
        try:
            loop.run_until_complete(self._all())
        finally:
            loop.close()

    async def _all(self) -> None:
        running = [
            asyncio.create_task(self._supervised(name, start))
            for name, start in self._processes
        ]
        await asyncio.sleep((self.end_ms - self.now_ms) / 1000)
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _supervised(self, name: str, start: Start) -> None:
        while True:
            try:
                await start()
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001  # as a supervisor sees it
                self._ended(name, error)
            else:
                return
            await asyncio.sleep(self.restart_ms() / 1000)

    def _ended(self, name: str, error: BaseException) -> None:
        """Killed, or not started without its database; anything else is its own."""
        causes = error.exceptions if isinstance(error, BaseExceptionGroup) else [error]
        if all(isinstance(one, SimulatedCrash | DependencyError) for one in causes):
            self.crashes.append((self.now_ms, name, str(causes[0])))
            return
        text = f"{name} died: " + "; ".join(
            f"{type(one).__name__}: {one}" for one in causes
        )
        self.deaths.append(text[:300])

    def _live_to(self, at_ms: int, is_needed: Callable[[], bool]) -> None:
        while self.now_ms < at_ms or self._is_due(at_ms):
            if self._is_due(self.now_ms):
                _, _, act = heapq.heappop(self._timeline)
                act()
                if is_needed():
                    return
                continue
            next_ms = self._timeline[0][0] if self._timeline else at_ms
            # Block by block: what a block tells may be due before the next.
            step_ms = min(at_ms, next_ms, self.now_ms + _BLOCK_MS) - self.now_ms
            self.exchange.advance(step_ms)

    def _is_due(self, at_ms: int) -> bool:
        return bool(self._timeline) and self._timeline[0][0] <= at_ms


class _Idling(selectors.SelectSelector):
    """Waits for no socket: where a loop would, virtual time passes."""

    def __init__(self, kernel: Kernel, is_needed: Callable[[], bool]) -> None:
        super().__init__()
        self._kernel, self._is_needed = kernel, is_needed

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            self._kernel.idle(timeout, self._is_needed)
        return []


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self, kernel: Kernel) -> None:
        self._kernel, self._start_ms = kernel, kernel.now_ms
        super().__init__(_Idling(kernel, self._is_anybody_ready))

    def _is_anybody_ready(self) -> bool:
        return bool(vars(self)["_ready"])  # asyncio's own queue

    def time(self) -> float:
        return (self._kernel.now_ms - self._start_ms) / 1000


@dataclass(slots=True)
class SimClock:
    """Implements ``threet.ports.clock.Clock``: one machine's clock, which may jump.

    ``quiet_ms`` is until when a sleeper has nothing to do, in true time; None while it
    is to sleep as long as it says.
    """

    kernel: Kernel
    quiet_ms: Callable[[], int | None] = field(default=lambda: None)

    def now_ms(self) -> int:
        return self.kernel.now_ms + self.kernel.offset_ms

    def now_ns(self) -> int:
        return self.now_ms() * 1_000_000

    def monotonic(self) -> float:
        return self.kernel.now_ms / 1000

    async def sleep(self, secs: float) -> None:
        quiet_ms = self.quiet_ms()
        if quiet_ms is not None:
            secs = max(secs, (quiet_ms - self.kernel.now_ms) / 1000)
        await asyncio.sleep(secs)
