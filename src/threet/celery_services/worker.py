"""Process: a Celery worker. `python -m` starts it."""

import os
import sys
from typing import Any

from celery import Celery

from threet import bootstrap
from threet.bootstrap import CelerySettings
from threet.celery_services import logs, silence
from threet.celery_services.app import make_app
from threet.celery_services.tasks import CANARY

_GROWING = "threet.celery_services.pools:GrowingThreadPool"
_EVENTLET_PREFETCH = 16
_PATCHED = "threet.celery_services.eventlet_worker"


@bootstrap.telling_refusals()
def main() -> None:
    settings = bootstrap.celery_settings("celery_worker")
    if settings.pool == "eventlet":
        # Eventlet has to replace parts of Python before anything else is imported.
        os.execv(sys.executable, [sys.executable, "-m", _PATCHED])  # noqa: S606
    run(settings)


def run(settings: CelerySettings) -> None:
    logs.keep_ours(settings.log_level)
    app = make_app(settings, bootstrap.worker_parts)
    worker = make_worker(app, settings)
    silence.watch(settings.schedules.get(CANARY, 0))
    worker.start()
    sys.exit(worker.exitcode)


def make_worker(app: Celery, settings: CelerySettings) -> Any:
    """A worker of the pool the settings name; threads and processes scale by load."""
    most, fewest = settings.autoscale
    scales = settings.pool in {"threads", "prefork"}
    return app.Worker(
        hostname=f"threet@{os.uname().nodename}",
        pool_cls=_GROWING if settings.pool == "threads" else settings.pool,
        concurrency=fewest if scales else most,
        autoscale=(most, fewest) if scales else None,
        # Once as many messages are out as may be, eventlet's loop looks for finished
        # ones every 2 s only: with few of them it would nap most of the time.
        prefetch_multiplier=_EVENTLET_PREFETCH if settings.pool == "eventlet" else 1,
        loglevel=settings.log_level,
        without_gossip=True,
        without_mingle=True,
        task_events=True,
        quiet=True,
    )


if __name__ == "__main__":
    main()
