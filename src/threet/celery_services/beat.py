"""Process: Celery beat; of several, one ticks. `python -m` starts it."""

from celery import Celery

from threet import bootstrap
from threet.bootstrap import CelerySettings
from threet.celery_services import logs
from threet.celery_services.app import make_app


@bootstrap.telling_refusals()
def main() -> None:
    run(bootstrap.celery_settings("celery_beat"))


def run(settings: CelerySettings) -> None:
    logs.keep_ours(settings.log_level)
    app = beat_app(settings)
    app.Beat(loglevel=settings.log_level, quiet=True).run()


def beat_app(settings: CelerySettings) -> Celery:
    app = make_app(settings, bootstrap.worker_parts)
    # Here only: `celery inspect conf` asks workers, and would print its password.
    app.conf.redbeat_redis_url = settings.broker_url
    says = bootstrap.board_beat("celery_beat")
    entries = len(app.conf.beat_schedule)
    setattr(app, "says_it_ticks", lambda: says({"entries": entries}))  # noqa: B010
    return app


if __name__ == "__main__":
    main()
