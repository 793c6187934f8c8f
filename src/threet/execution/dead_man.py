"""The exchange's dead man's switch: it cancels all, should we fall silent.

It cancels stops as well, so it is armed only while quotes rest and no stop does: then,
and only then, being canceled protects (HYPERLIQUID.md 3.2).
"""

from dataclasses import dataclass

# After a refusal (too little was traded yet) it is not tried for so long.
_REFUSED_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Arm:
    at_ms: int


@dataclass(frozen=True, slots=True)
class Disarm:
    pass


@dataclass(slots=True)
class DeadMan:
    """``after_ms`` of silence the exchange cancels; 0 switches it off."""

    after_ms: int
    _armed_ms: int = 0  # until when
    _refused_ms: int | None = None

    def due(
        self, now_ms: int, *, has_quotes: bool, has_stops: bool
    ) -> Arm | Disarm | None:
        if has_quotes and not has_stops:
            return self._arming(now_ms)
        return Disarm() if self._armed_ms > now_ms else None

    def armed(self, until_ms: int) -> None:
        self._armed_ms, self._refused_ms = until_ms, None

    def disarmed(self) -> None:
        self._armed_ms = 0

    def refused(self, now_ms: int) -> None:
        self._refused_ms = now_ms

    def _arming(self, now_ms: int) -> Arm | None:
        if not self.after_ms:
            return None
        if self._refused_ms is not None and now_ms - self._refused_ms < _REFUSED_MS:
            return None
        # Pushed on when a third of its time is gone: two tries may fail.
        if self._armed_ms - now_ms > self.after_ms * 2 // 3:
            return None
        return Arm(now_ms + self.after_ms)
