"""Alerts as log lines."""

import structlog

from threet.model.events import AlertRaised

_log = structlog.get_logger(__name__)


class LogNotifier:
    """Implements ``threet.ports.notifier.Notifier``."""

    def notify(self, alert: AlertRaised) -> None:
        _log.error(
            "alert",
            name=alert.name,
            source=alert.source,
            message=alert.message,
            count=alert.count,
            window_secs=alert.window_secs,
        )
