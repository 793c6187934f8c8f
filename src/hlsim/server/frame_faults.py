"""Lets faults strike the frames of one session."""

from hlsim.core.clock import Clock
from hlsim.faults.frames import FrameStream
from hlsim.faults.injector import Injector
from hlsim.faults.stamps import shifted
from hlsim.server.fault_events import FaultEvents
from hlsim.server.sessions import Session
from hlsim.server.topics import occasion
from hlsim.wire.subscriptions import Subscription


class FrameFaults:
    """The filter of one session, the ``number``-th since the start."""

    def __init__(
        self,
        session: Session,
        number: int,
        *,
        injector: Injector,
        events: FaultEvents,
        clock: Clock,
    ) -> None:
        """Strike what ``session`` is sent."""
        self._session = session
        self._number = number
        self._injector = injector
        self._events = events
        self._clock = clock
        self._stream = FrameStream(injector)

    def subscribed(self, topic: Subscription) -> None:
        """Decide whether a new subscription will ever hear anything."""
        now_ms = self._clock.now_ms()
        self._stream.subscribed(topic, occasion(b"", topic, now_ms, self._number))

    def outgoing(self, frame: bytes, topic: Subscription | None) -> list[bytes]:
        """Return what is sent instead of ``frame``, stamped by the skewed clock."""
        now_ms = self._clock.now_ms()
        this = occasion(frame, topic, now_ms, self._number)
        self._events.on(this, self._session)
        skew_ms = self._injector.skew_ms(now_ms)
        sent = self._stream.outgoing(frame, topic, this)
        return [shifted(one, skew_ms) for one in sent]
