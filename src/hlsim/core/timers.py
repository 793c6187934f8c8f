"""What is to happen at a later event time, in a fixed order."""

import heapq
from collections.abc import Callable
from itertools import count

Job = Callable[[int], None]


class Timers:
    """Jobs by the time they are due; equal times run in the order they were set."""

    def __init__(self) -> None:
        """Begin without jobs."""
        self._heap: list[tuple[int, int, Job]] = []
        self._numbers = count()

    def at(self, due_ms: int, job: Job) -> None:
        """Run ``job`` with its due time once event time has reached ``due_ms``."""
        heapq.heappush(self._heap, (due_ms, next(self._numbers), job))

    @property
    def next_ms(self) -> int | None:
        """When the next job is due, None if there is none."""
        return self._heap[0][0] if self._heap else None

    def run(self, now_ms: int) -> None:
        """Run what is due, jobs set meanwhile included."""
        while self._heap and self._heap[0][0] <= now_ms:
            due_ms, _, job = heapq.heappop(self._heap)
            job(due_ms)
