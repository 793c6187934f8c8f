"""The Celery app: made from settings, connected to nothing until it is used."""

from collections.abc import Callable
from typing import Any

from celery import Celery, signals

from threet.bootstrap import CelerySettings, WorkerParts
from threet.celery_services import tasks, tracing
from threet.celery_services.schedule import beat_schedule
from threet.celery_services.work import WorkOfThisProcess

# In this order: a task is ended, its fetch claim lapses (90 s), its message comes back.
# Celery enforces the limits in the prefork pool only: a thread cannot be ended. In the
# others a task is bounded by the timeouts of what it asks (HTTP, the database, Redis).
SOFT_TIME_LIMIT_SECS = 60
TIME_LIMIT_SECS = 80
VISIBILITY_TIMEOUT_SECS = 300
# A killed beat is replaced when its lock lapses; it is extended at least this often.
BEAT_LOCK_SECS = 8
BEAT_LOOP_SECS = 2
_BROKER_CONNECTIONS = 200


def make_app(settings: CelerySettings, parts: Callable[[], WorkerParts]) -> Celery:
    """``parts`` is called once in each process that runs tasks, after any fork."""
    app = Celery("threet", broker=settings.broker_url, set_as_current=False)
    app.conf.update(_configuration(settings))
    work = WorkOfThisProcess(parts)
    tasks.register(app, work)
    tracing.follow(app, settings.telemetry)

    def consumed(**_: Any) -> None:
        work().beat()

    signals.task_postrun.connect(consumed, weak=False, dispatch_uid="threet-beat")
    return app


def _configuration(settings: CelerySettings) -> dict[str, Any]:
    return {
        "accept_content": ["json"],
        "task_serializer": "json",
        "task_ignore_result": True,
        # Both, or the task of a killed child is lost.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_soft_time_limit": SOFT_TIME_LIMIT_SECS,
        "task_time_limit": TIME_LIMIT_SECS,
        "task_send_sent_event": True,
        "worker_send_task_events": True,
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "visibility_timeout": VISIBILITY_TIMEOUT_SECS,
            "max_connections": _BROKER_CONNECTIONS,
            "socket_keepalive": True,
            "socket_connect_timeout": 5,
            # A half-open connection is noticed, not waited on for ever.
            "health_check_interval": 10,
        },
        "beat_scheduler": "threet.celery_services.scheduler:BeatingScheduler",
        "beat_schedule": beat_schedule(settings.schedules),
        "beat_max_loop_interval": BEAT_LOOP_SECS,
        "redbeat_redis_options": {"socket_connect_timeout": 5},
        "redbeat_lock_timeout": BEAT_LOCK_SECS,
        "redbeat_key_prefix": "threet:redbeat:",
    }
