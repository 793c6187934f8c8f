"""What workers remember and share, in RAM: for tests, and for one process alone."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from threet.model.candles import Timeframe
from threet.ports.clock import Clock
from threet.ports.rate_budget import BudgetState, Priority
from threet.resilience.weight_window import (
    WINDOW_SECS,
    WeightWindow,
    kept_by,
    require_weight,
)

_Pair = tuple[str, Timeframe]


class MemoryFetchMemory:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._newest: dict[_Pair, int] = {}
        self._claims: dict[_Pair, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def newest_closed_ms(self, symbol: str, timeframe: Timeframe) -> int | None:
        return self._newest.get((symbol, timeframe))

    def newest_closed_of(self, pairs: Sequence[_Pair]) -> Sequence[int | None]:
        return [self._newest.get(pair) for pair in pairs]

    def remember(self, symbol: str, timeframe: Timeframe, open_ms: int) -> None:
        with self._lock:
            pair = (symbol, timeframe)
            self._newest[pair] = max(open_ms, self._newest.get(pair, open_ms))

    def claim(self, symbol: str, timeframe: Timeframe, for_secs: float) -> bool:
        with self._lock:
            if self._state((symbol, timeframe)) is not None:
                return False
            self._put((symbol, timeframe), "queued", for_secs)
            return True

    def begin(self, symbol: str, timeframe: Timeframe, for_secs: float) -> bool:
        with self._lock:
            if self._state((symbol, timeframe)) not in (None, "queued"):
                return False
            self._put((symbol, timeframe), "running", for_secs)
            return True

    def release(
        self, symbol: str, timeframe: Timeframe, pause_secs: float = 0.0
    ) -> None:
        with self._lock:
            self._claims.pop((symbol, timeframe), None)
            if pause_secs > 0:
                self._put((symbol, timeframe), "paused", pause_secs)

    def _state(self, pair: _Pair) -> str | None:
        state, until = self._claims.get(pair, ("", 0.0))
        return state if self._clock.monotonic() < until else None

    def _put(self, pair: _Pair, state: str, for_secs: float) -> None:
        self._claims[pair] = (state, self._clock.monotonic() + for_secs)


class MemoryFetchSlots:
    def __init__(self, limit: int = 10) -> None:
        self._free = threading.Semaphore(limit)

    @contextmanager
    def slot(self) -> Iterator[bool]:
        is_free = self._free.acquire(blocking=False)
        try:
            yield is_free
        finally:
            if is_free:
                self._free.release()


class MemoryRateBudget:
    """``clock`` is everybody's who shares it."""

    def __init__(
        self, clock: Clock, *, per_minute: int = 1200, window_secs: int = WINDOW_SECS
    ) -> None:
        self._clock = clock
        self._window = WeightWindow(per_minute, window_secs)
        self._lock = threading.Lock()

    @property
    def limit(self) -> int:
        return self._window.limit

    def take(
        self, weight: int, *, keep: int = 0, priority: Priority = Priority.DATA
    ) -> float:
        limit = self._window.limit
        require_weight(weight, max(keep, kept_by(priority, limit)), limit)
        with self._lock:
            return self._window.take(self._now(), weight, keep, priority)

    def charge(self, weight: int, *, priority: Priority = Priority.DATA) -> None:
        self.repay([(0, priority, weight)])

    def repay(self, owed: Sequence[tuple[int, Priority, int]]) -> None:
        with self._lock:
            for age, priority, weight in owed:
                self._window.charge(self._now() - age, weight, priority)

    def pause(self, secs: float) -> None:
        with self._lock:
            self._window.pause(self._now(), secs)

    def state(self) -> BudgetState:
        with self._lock:
            return self._window.state(self._now())

    def _now(self) -> int:
        return int(self._clock.monotonic())
