"""Decides which fault strikes which occasion; the same seed decides the same."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from hlsim.faults.armed import Armed
from hlsim.faults.kinds import ClockSkew, Maintenance, NeverFirst, Stale
from hlsim.faults.occasions import (
    ConnectionOccasion,
    FrameOccasion,
    Occasion,
    RequestOccasion,
)
from hlsim.faults.plan import ConnectionFault, Event, Fault, FrameFault, RequestFault

_RECENT = 200
F = TypeVar("F", bound=Fault)


class Injection(msgspec.Struct, frozen=True):
    """One fault that was injected; ``failed`` says why it had no effect."""

    at_ms: int
    id: int
    kind: str
    about: str
    failed: str | None = None


class Injector:
    """All faults that are armed, and a record of what they did.

    Of the faults that match an occasion the first one of the plan that strikes is
    injected; each counts and draws its own occasions.
    """

    def __init__(self, seed: int, start_ms: int, faults: Iterable[Fault] = ()) -> None:
        """Arm ``faults`` at ``start_ms``."""
        self.seed = seed
        self.skew_by_hand_ms = 0
        self.counters: Counter[str] = Counter()
        self.recent: deque[Injection] = deque(maxlen=_RECENT)
        self._armed: dict[int, Armed] = {}
        self._next_number = 1
        for fault in faults:
            self.add(fault, start_ms)

    @property
    def armed(self) -> Sequence[Armed]:
        """Return the faults by their number."""
        return list(self._armed.values())

    def add(self, fault: Fault, now_ms: int) -> Armed:
        """Arm one more fault."""
        one = Armed(fault, number=self._next_number, seed=self.seed, since_ms=now_ms)
        self._armed[one.number] = one
        self._next_number += 1
        return one

    def remove(self, number: int) -> Armed | None:
        """Lift a fault; return it, or None if there is no such number."""
        return self._armed.pop(number, None)

    def request(self, occasion: RequestOccasion) -> RequestFault | None:
        """Return what strikes a request."""
        found = self._of(RequestFault)
        return self._first([x for x in found if x[1].matches(occasion)], occasion)

    def frame(self, occasion: FrameOccasion) -> FrameFault | None:
        """Return what strikes a frame."""
        found = [
            (one, fault)
            for one, fault in self._of(FrameFault)
            if not isinstance(fault, NeverFirst) and fault.matches(occasion)
        ]
        return self._first(found, occasion)

    def subscription(self, occasion: FrameOccasion) -> NeverFirst | None:
        """Return what strikes a new subscription."""
        found = self._of(NeverFirst)
        return self._first([x for x in found if x[1].matches(occasion)], occasion)

    def connection(self, occasion: ConnectionOccasion) -> ConnectionFault | None:
        """Return what strikes a websocket that is being opened."""
        return self._first(self._of(ConnectionFault), occasion)

    def events(self, occasion: Occasion) -> list[Armed]:
        """Return the events that happen on an occasion."""
        found = []
        for one, fault in self._of(Event):
            if fault.counts(occasion) and one.sees(occasion.now_ms):
                one.strike(occasion.now_ms)
                self._record(one, occasion.now_ms, occasion.about)
                found.append(one)
        return found

    def due(self, now_ms: int) -> list[Armed]:
        """Return the events that happen by themselves up to ``now_ms``."""
        found = []
        for one in self.armed:
            if one.happens(now_ms):
                self._record(one, now_ms, "by itself")
                found.append(one)
        return found

    def next_due_ms(self) -> int | None:
        """Return when `due` has something next, None for never."""
        times = [one.due_ms for one in self.armed]
        return min((time for time in times if time is not None), default=None)

    def skew_ms(self, now_ms: int) -> int:
        """Return how far the exchange's clock seems to be off."""
        skews = [
            fault.by_ms
            for one, fault in self._of(ClockSkew)
            if one.lasts(fault.lasts_ms, now_ms)
        ]
        return sum(skews, self.skew_by_hand_ms)

    def maintenance(self, now_ms: int) -> Maintenance | None:
        """Return the maintenance that goes on."""
        for one, fault in self._of(Maintenance):
            if one.lasts(fault.lasts_ms, now_ms):
                return fault
        return None

    def stale_depth(self, occasion: FrameOccasion) -> int:
        """Return how many frames a topic has to be remembered for stale ones."""
        found = [x.back for _, x in self._of(Stale) if x.matches(occasion)]
        return max(found, default=0)

    def failed(self, one: Armed, now_ms: int, reason: str) -> None:
        """Record that an event had no effect."""
        kind = one.fault.kind
        self.recent.append(Injection(now_ms, one.number, kind, "failed", reason))

    def _of(self, kind: type[F]) -> list[tuple[Armed, F]]:
        return [
            (one, one.fault)
            for one in self._armed.values()
            if isinstance(one.fault, kind)
        ]

    def _first(self, found: list[tuple[Armed, F]], occasion: Occasion) -> F | None:
        # All of them count the occasion, even if an earlier one strikes it.
        willing = [pair for pair in found if pair[0].sees(occasion.now_ms)]
        if not willing:
            return None
        one, fault = willing[0]
        one.strike(occasion.now_ms)
        self._record(one, occasion.now_ms, occasion.about)
        return fault

    def _record(self, one: Armed, now_ms: int, about: str) -> None:
        kind = one.fault.kind
        self.counters[kind] += 1
        self.recent.append(Injection(now_ms, one.number, kind, about))
