"""Puts fault injection together: what the application hooks in, or nothing at all."""

from hlsim.core.clock import Clock
from hlsim.core.exchange import Exchange
from hlsim.faults.injector import Injector
from hlsim.faults.kinds import Plan
from hlsim.faults.occasions import ConnectionOccasion
from hlsim.server.asked import Reader
from hlsim.server.backend import Backend
from hlsim.server.fault_events import FaultEvents
from hlsim.server.frame_faults import FrameFaults
from hlsim.server.hub import Hub
from hlsim.server.request_faults import RequestFaults
from hlsim.server.sessions import Session
from hlsim.server.settings import Settings


class Faults:
    """The faults of one server."""

    def __init__(
        self,
        injector: Injector,
        *,
        exchange: Exchange,
        hub: Hub,
        clock: Clock,
        backend: Backend,
    ) -> None:
        """Inject what ``injector`` decides."""
        self.injector = injector
        self.clock = clock
        self.events = FaultEvents(
            injector,
            exchange=exchange,
            hub=hub,
            clock=clock,
            backend=backend,
        )
        self.requests = RequestFaults(
            injector, self.events, Reader(backend), exchange=exchange, clock=clock
        )

    def watch(self, session: Session, number: int) -> None:
        """Let faults strike ``session`` and what it is sent; it has joined the hub."""
        session.filter = FrameFaults(
            session,
            number,
            injector=self.injector,
            events=self.events,
            clock=self.clock,
        )
        opened = ConnectionOccasion(now_ms=self.clock.now_ms(), number=number)
        self.events.on(opened, session)


def build_faults(
    settings: Settings, exchange: Exchange, hub: Hub, clock: Clock, backend: Backend
) -> Faults | None:
    """Return the faults of the settings; None without a plan and a control port."""
    if settings.faults is None and settings.control_port is None:
        return None
    plan = settings.faults or Plan()
    seed = settings.seed if plan.seed is None else plan.seed
    injector = Injector(seed, clock.now_ms(), plan.faults)
    return Faults(injector, exchange=exchange, hub=hub, clock=clock, backend=backend)
