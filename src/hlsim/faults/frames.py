"""What becomes of the frames of one session: left out, doubled, late, old, damaged."""

from collections import deque
from collections.abc import Hashable

from hlsim.faults.damage import damaged
from hlsim.faults.injector import Injector
from hlsim.faults.kinds import (
    Duplicate,
    MalformedFrame,
    Reorder,
    Silence,
    Stale,
)
from hlsim.faults.occasions import FrameOccasion
from hlsim.faults.plan import FrameFault


class FrameStream:
    """One session's frames, each given as it would be sent.

    A topic is any value that tells subscriptions apart; frames without one, which are
    replies, are told apart by their channel.
    """

    def __init__(self, injector: Injector) -> None:
        """Ask ``injector`` at each frame."""
        self._injector = injector
        self._muted: set[Hashable] = set()
        self._held: dict[Hashable, tuple[int, bytes]] = {}
        self._old: dict[Hashable, deque[bytes]] = {}

    def subscribed(self, topic: Hashable, occasion: FrameOccasion) -> None:
        """Decide whether a new subscription will ever hear anything."""
        self._muted.discard(topic)
        self._held.pop(topic, None)
        self._old.pop(topic, None)
        if self._injector.subscription(occasion) is not None:
            self._muted.add(topic)

    def outgoing(
        self, frame: bytes, topic: Hashable | None, occasion: FrameOccasion
    ) -> list[bytes]:
        """Return what is sent instead of ``frame``, often just that."""
        if topic is not None and topic in self._muted:
            return []
        key = occasion.channel if topic is None else topic
        sent = self._struck(self._injector.frame(occasion), frame, key)
        sent += self._due(key)
        self._remember(frame, key, self._injector.stale_depth(occasion))
        return sent

    def _struck(
        self, fault: FrameFault | None, frame: bytes, key: Hashable
    ) -> list[bytes]:
        match fault:
            case Silence():
                return []
            case Duplicate():
                return [frame] * fault.times
            case Reorder() if key not in self._held:
                self._held[key] = (fault.by + 1, frame)
                return []
            case Stale():
                old = self._old.get(key, ())
                again = old[-fault.back] if len(old) >= fault.back else None
                return [frame] if again is None else [frame, again]
            case MalformedFrame():
                return [damaged(frame, fault.how, fault.size_bytes)]
            case _:
                return [frame]

    def _due(self, key: Hashable) -> list[bytes]:
        if key not in self._held:
            return []
        left, frame = self._held[key]
        if left > 1:
            self._held[key] = (left - 1, frame)
            return []
        del self._held[key]
        return [frame]

    def _remember(self, frame: bytes, key: Hashable, depth: int) -> None:
        if not depth:
            self._old.pop(key, None)
            return
        old = self._old.get(key)
        if old is None or old.maxlen != depth:
            old = deque(old or (), depth)
            self._old[key] = old
        old.append(frame)
