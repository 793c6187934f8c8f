"""Virtual time: one exchange, processes that sleep on it, and what happens by itself.

A process is a coroutine that only ever sleeps, so that the platform's own ``run`` of a
component runs here unchanged. Nothing is concurrent: while one process waits for an
answer the exchange and the timeline live on, the other processes do not.
"""

import heapq
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from itertools import count

from hlsim.virtual import VirtualExchange
from threet.model.errors import DependencyError

Process = Coroutine[object, None, None]
Start = Callable[[], Process]


class SimulatedCrash(BaseException):
    """A process ends here and now, as by kill -9."""


@dataclass(slots=True)
class _Nap:
    until_ms: int

    def __await__(self) -> Generator["_Nap", None, None]:
        yield self


@dataclass(slots=True)
class _Running:
    name: str
    start: Start
    process: Process | None = None


@dataclass(slots=True)
class Kernel:
    """``offset_ms`` is how far off the platform's clock is; ``restart_ms`` says how
    long a process that crashed stays away."""

    exchange: VirtualExchange
    restart_ms: Callable[[], int]
    offset_ms: int = 0
    deaths: list[str] = field(default_factory=list)
    crashes: list[tuple[int, str, str]] = field(default_factory=list)
    _timeline: list[tuple[int, int, Callable[[], object]]] = field(default_factory=list)
    _ready: list[tuple[int, int, _Running]] = field(default_factory=list)
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
        """``start`` makes the process, and makes it anew after a crash."""
        self._wake(_Running(name, start), self.now_ms)

    def sleep_until(self, at_ms: int) -> _Nap:
        return _Nap(max(at_ms, self.now_ms + 1))

    def pass_time(self, ms: int) -> None:
        """Whoever runs waits so long."""
        self._live_to(self.now_ms + max(0, ms))

    def run(self, until_ms: int) -> None:
        while self._ready and self._ready[0][0] <= until_ms:
            wake_ms, _, running = heapq.heappop(self._ready)
            self._live_to(wake_ms)
            self._step(running)
        self._live_to(until_ms)

    def _live_to(self, at_ms: int) -> None:
        while self._timeline and self._timeline[0][0] <= at_ms:
            due_ms, _, act = heapq.heappop(self._timeline)
            self._advance(due_ms)
            act()
        self._advance(at_ms)

    def _advance(self, at_ms: int) -> None:
        if at_ms > self.now_ms:
            self.exchange.advance(at_ms - self.now_ms)

    def _step(self, running: _Running) -> None:
        if running.process is None and not self._has_begun(running):
            return
        assert running.process is not None
        try:
            nap = running.process.send(None)
        except StopIteration:
            return
        except SimulatedCrash as crash:
            self.crashes.append((self.now_ms, running.name, str(crash)))
        except Exception as error:  # noqa: BLE001  # what a supervisor would see
            text = f"{running.name} died: {type(error).__name__}: {error}"
            self.deaths.append(text[:300])
        else:
            assert isinstance(nap, _Nap)
            self._wake(running, nap.until_ms)
            return
        running.process = None
        self._wake(running, self.now_ms + self.restart_ms())

    def _has_begun(self, running: _Running) -> bool:
        """A process may fail to start without its database, and comes again."""
        try:
            running.process = running.start()
        except (DependencyError, SimulatedCrash) as error:
            self.crashes.append((self.now_ms, running.name, f"start: {error}"))
            self._wake(running, self.now_ms + self.restart_ms())
            return False
        return True

    def _wake(self, running: _Running, at_ms: int) -> None:
        heapq.heappush(self._ready, (at_ms, next(self._order), running))


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
        now_ms = self.kernel.now_ms
        until_ms = now_ms + int(secs * 1000)
        quiet_ms = self.quiet_ms()
        if quiet_ms is not None:
            until_ms = max(until_ms, quiet_ms)
        await self.kernel.sleep_until(until_ms)
