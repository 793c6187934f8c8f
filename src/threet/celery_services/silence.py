"""A worker that lives and consumes nothing ends itself, so that it is started anew.

Where an answer of Redis vanishes on the way, Celery waits for it for ever (F53): the
process lives, tasks pile up. While beat sends a canary, silence means that.
"""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from celery import signals

from threet.adapters.system_clock import SystemClock
from threet.ports.clock import Clock

_log = structlog.get_logger(__name__)
# Several canaries; never so few seconds that a pause of Redis or of beat is an end.
_MISSED_CANARIES = 3
_LEAST_SECS = 20.0
_LOOK_EVERY_SECS = 1.0
# Then it goes without a farewell, for which Redis may be waited for in vain as well.
_GRACE_SECS = 5.0
_FAILED = 1


@dataclass(slots=True)
class Silence:
    """Unknown until something was consumed: a worker may be there before beat is."""

    clock: Clock
    most_secs: float
    _heard_at: float | None = field(default=None, init=False)

    def heard(self) -> None:
        self._heard_at = self.clock.monotonic()

    @property
    def is_too_long(self) -> bool:
        if self._heard_at is None:
            return False
        return self.clock.monotonic() - self._heard_at > self.most_secs


def most_secs(canary_secs: float) -> float | None:
    """Silence that is borne; None without a canary, when silence means nothing."""
    if canary_secs <= 0:
        return None
    return max(_MISSED_CANARIES * canary_secs, _LEAST_SECS)


def watch(canary_secs: float) -> None:
    """Once in the process that receives tasks; from then on it may end at any time."""
    borne_secs = most_secs(canary_secs)
    if borne_secs is None:
        return
    silence = Silence(SystemClock(), borne_secs)

    def received(**_: Any) -> None:
        silence.heard()

    signals.task_received.connect(received, weak=False, dispatch_uid="threet-silence")
    # A daemon: it must not keep a worker from ending by itself.
    threading.Thread(
        target=_keep_watch, args=(silence, _end), name="silence", daemon=True
    ).start()


def _keep_watch(silence: Silence, end: Callable[[], None]) -> None:
    pause = threading.Event()
    while not silence.is_too_long:
        pause.wait(_LOOK_EVERY_SECS)
    _log.error("worker_consumes_nothing", secs=silence.most_secs)
    end()


def _end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_GRACE_SECS)
    os._exit(_FAILED)
