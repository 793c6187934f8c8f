"""Carries out the events of a plan when they are due, and owns what happens later."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

from hlsim.core.clock import Clock
from hlsim.core.exchange import Exchange
from hlsim.faults.armed import Armed
from hlsim.faults.injector import Injector
from hlsim.faults.interventions import InterventionError, intervene
from hlsim.faults.kinds import Close, HalfOpen, PostOnly, SnapshotAgain
from hlsim.faults.occasions import Occasion
from hlsim.faults.plan import Event, SessionEvent
from hlsim.faults.stamps import shifted
from hlsim.server.backend import Backend
from hlsim.server.hub import Hub
from hlsim.server.sessions import Session
from hlsim.server.topics import chosen
from hlsim.wire.channels import current


class FaultEvents:
    """Events by time and by occasion; `run` is the loop of those by time."""

    def __init__(
        self,
        injector: Injector,
        *,
        exchange: Exchange,
        hub: Hub,
        clock: Clock,
        backend: Backend,
    ) -> None:
        """Strike the sessions of ``hub``, and ``exchange`` behind ``backend``."""
        self._injector = injector
        self._exchange = exchange
        self._hub = hub
        self._clock = clock
        self._backend = backend
        self._frozen: set[Session] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._stopping = asyncio.Event()
        self._failure: BaseException | None = None

    async def run(self) -> None:
        """Run until cancelled; raises what a task of its own raised."""
        while self._failure is None:
            self._changed.clear()
            await self._first(self._beats(), self._changed)
        raise self._failure

    async def _beats(self) -> None:
        # One task waits and acts, so that what a moved clock makes happen has
        # happened before the answer to whatever is asked after it.
        self._due()
        while (due_ms := self._injector.next_due_ms()) is not None:
            await self._clock.wait_until(due_ms)
            self._due()
        await self._changed.wait()

    def carry_out_due(self) -> None:
        """Carry out what is due now, and let `run` look again when the next one is."""
        self._due()
        self._changed.set()

    def _due(self) -> None:
        now_ms = self._clock.now_ms()
        due = self._injector.due(now_ms)
        if due:
            self._backend.catch_up(now_ms)
        for one in due:
            self._carry_out(one, None)

    def on(self, occasion: Occasion, session: Session | None = None) -> None:
        """Carry out what happens on an occasion, to ``session`` where it has one."""
        for one in self._injector.events(occasion):
            self._carry_out(one, session)

    def lift(self, one: Armed) -> None:
        """Undo what a removed fault left behind."""
        if isinstance(one.fault, PostOnly):
            self._try(one, lambda: self._backend.interventions.set_post_only(0))
        self._changed.set()

    def later(self, at_ms: int, act: Callable[[], Awaitable[object]]) -> None:
        """Do something once ``at_ms`` has come, unless the server stops before."""

        async def wait_and_act() -> None:
            await self._clock.wait_until(at_ms)
            await act()

        self.spawn(wait_and_act())

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Own a task until it ends or the server stops."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()
            self._changed.set()

    async def hold(self, until_ms: int) -> None:
        """Return once ``until_ms`` has come or the server stops."""
        await self._first(self._clock.wait_until(until_ms), self._stopping)

    async def _first(
        self, work: Coroutine[object, object, None], event: asyncio.Event
    ) -> None:
        working = asyncio.create_task(work)
        told = asyncio.create_task(event.wait())
        try:
            await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
        finally:
            working.cancel()
            told.cancel()

    async def stop(self) -> None:
        """Let go of everything that hangs, and forget what was to come later."""
        self._stopping.set()
        for session in self._frozen:
            session.cut_off()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _carry_out(self, one: Armed, session: Session | None) -> None:
        fault = one.fault
        if isinstance(fault, SessionEvent):
            struck = [session] if session else self._chosen(fault)
            for each in struck:
                self._strike(fault, each)
        elif isinstance(fault, Event):
            now_ms = self._clock.now_ms()
            exchange = self._backend.interventions
            self._try(one, lambda: intervene(fault, exchange, now_ms))
            # Not at once: this may be happening upon a frame that is being published.
            asyncio.get_running_loop().call_soon(self._backend.catch_up, now_ms)

    def _try(self, one: Armed, act: Callable[[], None]) -> None:
        try:
            act()
        except (InterventionError, LookupError) as error:
            self._injector.failed(one, self._clock.now_ms(), str(error))

    def _chosen(self, fault: SessionEvent) -> list[Session]:
        everybody = self._hub.sessions
        if fault.is_open:
            return everybody
        return [one for one in everybody if chosen(fault, one.topics)]

    def _strike(self, fault: SessionEvent, session: Session) -> None:
        match fault:
            case Close(reset=True):
                session.reset()
            case Close():
                session.hang_up(fault.code)
            case HalfOpen():
                self._freeze(session, fault.lasts_ms)
            case SnapshotAgain():
                self._repeat(fault, session)

    def _freeze(self, session: Session, lasts_ms: int | None) -> None:
        session.freeze()
        self._frozen.add(session)
        # Not at once: whoever publishes may be going through the followers.
        asyncio.get_running_loop().call_soon(self._hub.leave, session)
        if lasts_ms is not None:
            self.later(self._clock.now_ms() + lasts_ms, lambda: self._thaw(session))

    async def _thaw(self, session: Session) -> None:
        self._frozen.discard(session)
        session.reset()

    def _repeat(self, fault: SessionEvent, session: Session) -> None:
        now_ms = self._clock.now_ms()
        skew_ms = self._injector.skew_ms(now_ms)
        for topic in chosen(fault, session.topics):
            frame = current(topic, self._exchange, now_ms)
            if frame is not None:
                # Put, not sent: no event may happen on what an event makes.
                session.put(shifted(frame, skew_ms))
