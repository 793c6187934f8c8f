"""A machine's clock that somebody sets while it runs; durations do not notice."""

from threet.adapters.memory.clock import ManualClock


class SetClock(ManualClock):
    def __init__(self, now_ms: int) -> None:
        super().__init__(now_ms)
        self._set_by_ns = 0

    def set_by(self, ms: int) -> None:
        self._set_by_ns += ms * 1_000_000

    def now_ms(self) -> int:
        return self.now_ns() // 1_000_000

    def now_ns(self) -> int:
        return super().now_ns() + self._set_by_ns
