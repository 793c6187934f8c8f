"""The exchange's dead man's switch: it cancels all, should we fall silent.

It cancels stops as well, so it is armed only while quotes rest and no stop does: then,
and only then, being canceled protects (HYPERLIQUID.md 3.2). A process before this one
may have left it armed: at first it is pushed on or taken back, whichever fits.
"""

from dataclasses import dataclass

# After a refusal (too little was traded yet) it is not tried for so long.
_REFUSED_MS = 3_600_000
# Nor is it taken back again so soon: where it never was armed that may be refused.
_NOT_TAKEN_BACK_MS = 600_000


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
    _is_inherited: bool = True
    _back_again_ms: int = 0

    def due(
        self, now_ms: int, *, has_quotes: bool, has_stops: bool
    ) -> Arm | Disarm | None:
        if has_quotes and not has_stops and self.after_ms:
            return self._arming(now_ms)
        if self._is_inherited:
            return Disarm() if now_ms >= self._back_again_ms else None
        return Disarm() if self._armed_ms > now_ms else None

    def armed(self, until_ms: int) -> None:
        self._armed_ms, self._refused_ms = until_ms, None
        self._is_inherited = False

    def disarmed(self) -> None:
        self._armed_ms = 0
        self._is_inherited = False

    def refused(self, now_ms: int) -> None:
        """To be armed: for too little was traded, most likely."""
        self._refused_ms = now_ms

    def not_disarmed(self, now_ms: int) -> None:
        self._back_again_ms = now_ms + _NOT_TAKEN_BACK_MS

    def _arming(self, now_ms: int) -> Arm | None:
        if self._refused_ms is not None and now_ms - self._refused_ms < _REFUSED_MS:
            return None
        # Pushed on when a third of its time is gone: two tries may fail.
        if self._armed_ms - now_ms > self.after_ms * 2 // 3:
            return None
        return Arm(now_ms + self.after_ms)
