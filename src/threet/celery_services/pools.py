"""Celery's thread pool with a size that can change, as ``autoscale`` needs it.

Celery's own thread pool has no ``grow`` and kills the worker that asks for it.
"""

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from celery.concurrency.base import BasePool, apply_target

logger = logging.getLogger(__name__)
_Job = Callable[[], None]


def _nothing(_: object) -> None: ...


class GrowingThreadPool(BasePool):
    """``limit`` threads wait for jobs; an idle one ends when the pool shrinks."""

    body_can_be_buffer = True
    signal_safe = False
    # A stop waits so long for all tasks together. The message of one that hangs longer
    # is delivered again: it is acknowledged after the work.
    stop_secs = 60.0

    def on_start(self) -> None:
        # None tells one thread to end.
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Condition()
        self._size = 0
        self.grow(self.limit or 1)

    def grow(self, n: int = 1) -> None:
        for _ in range(n):
            thread = threading.Thread(target=self._run, name="celery-task", daemon=True)
            with self._lock:
                self._threads.add(thread)
                self._size += 1
            thread.start()

    def shrink(self, n: int = 1) -> None:
        with self._lock:
            n = min(n, self._size - 1)
            self._size -= max(n, 0)
        for _ in range(n):
            self._jobs.put(None)

    @property
    def num_processes(self) -> int:
        """What Celery's autoscaler takes for the size of the pool."""
        return self._size

    def on_stop(self) -> None:
        """Waits for the tasks under way; one that hangs ends with the process."""
        with self._lock:
            for _ in self._threads:
                self._jobs.put(None)
            self._lock.wait_for(lambda: not self._threads, self.stop_secs)
            if self._threads:
                logger.warning("%d tasks did not end in time", len(self._threads))

    def on_terminate(self) -> None:
        """Threads cannot be ended from outside: they end with the process."""

    def on_apply(
        self,
        target: Callable[..., Any],
        args: Any = None,
        kwargs: Any = None,
        callback: Callable[..., Any] | None = None,
        accept_callback: Callable[..., Any] | None = None,
        **_: Any,
    ) -> None:
        def job() -> None:
            apply_target(
                target, args or (), kwargs, callback or _nothing, accept_callback
            )

        self._jobs.put(job)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception:  # the task's faults are told by now; this one is Celery's
                logger.exception("a job of the pool failed")
        with self._lock:
            self._threads.discard(threading.current_thread())
            self._lock.notify_all()

    @property
    def info(self) -> dict[str, Any]:
        return {"max-concurrency": self._size, "implementation": "growing threads"}
