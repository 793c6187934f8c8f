"""What the exporters complain of: a line a minute, not one for each try."""

import logging

import structlog

from threet.ports.clock import Clock

_log = structlog.get_logger(__name__)
_EVERY_SECS = 60.0


class _Sparing(logging.Handler):
    def __init__(self, clock: Clock) -> None:
        super().__init__(logging.WARNING)
        self._clock = clock
        self._told_at = float("-inf")
        self._kept_back = 0

    def emit(self, record: logging.LogRecord) -> None:
        now = self._clock.monotonic()
        if now - self._told_at < _EVERY_SECS:
            self._kept_back += 1
            return
        self._told_at = now
        reason = record.getMessage()[:200]
        _log.warning("telemetry_lost", reason=reason, more=self._kept_back)
        self._kept_back = 0


def tell_sparingly(clock: Clock) -> None:
    """Once in each process."""
    logger = logging.getLogger("opentelemetry")
    logger.propagate = False
    logger.handlers = [_Sparing(clock)]
