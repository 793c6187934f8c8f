"""Celery's own log lines: warnings to stderr, and nothing of ours touched."""

import logging
from typing import Any

from celery import signals


def keep_ours(level: str) -> None:
    """Celery then adds no handlers and no formats of its own; once per process."""

    def ready(**_: Any) -> None:
        logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
        celerys = logging.DEBUG if level == "DEBUG" else logging.WARNING
        logging.getLogger().setLevel(celerys)

    signals.setup_logging.connect(ready, weak=False, dispatch_uid="threet-logs")
