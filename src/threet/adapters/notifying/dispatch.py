"""Alerts on their way: whoever raises one waits for nothing."""

import queue
import threading
from collections.abc import Sequence

import structlog

from threet.model.errors import DependencyError
from threet.model.events import AlertRaised
from threet.ports.notifier import Notifier

_log = structlog.get_logger(__name__)
_MOST_WAITING = 100


class AlertDispatch:
    """Hands each alert to every notifier, in a thread that begins with the first one.

    What finds the queue full is counted and logged, not waited for.
    """

    def __init__(self, notifiers: Sequence[Notifier]) -> None:
        self._notifiers = notifiers
        self._waiting: queue.Queue[AlertRaised] = queue.Queue(_MOST_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.dropped = 0

    def __call__(self, alert: AlertRaised) -> None:
        try:
            self._waiting.put_nowait(alert)
        except queue.Full:
            self.dropped += 1
            _log.error("alert_dropped", name=alert.name, dropped=self.dropped)
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="alerts", daemon=True
                )
                self._thread.start()

    def drain(self) -> None:
        """Return when all that was raised so far has been handed on."""
        self._waiting.join()

    def _work(self) -> None:
        while True:
            alert = self._waiting.get()
            for notifier in self._notifiers:
                self._hand_on(notifier, alert)
            self._waiting.task_done()

    def _hand_on(self, notifier: Notifier, alert: AlertRaised) -> None:
        try:
            notifier.notify(alert)
        except DependencyError as error:
            _log.warning(
                "alert_not_sent",
                name=alert.name,
                by=type(notifier).__name__,
                reason=str(error),
            )
