"""The schedule, and what every app made by us promises."""

from typing import NoReturn

import pytest

from threet.bootstrap import CelerySettings
from threet.celery_services.app import (
    BEAT_LOCK_SECS,
    BEAT_LOOP_SECS,
    TIME_LIMIT_SECS,
    VISIBILITY_TIMEOUT_SECS,
    make_app,
)
from threet.celery_services.schedule import beat_schedule
from threet.market_data.fetching import RUNNING_SECS

SETTINGS = CelerySettings(
    broker_url="redis://:s3cret@127.0.0.1:1/0",
    schedules={"update-balance": 30, "canary": 0.5, "relay-outbox": 0},
    pool="threads",
    autoscale=(4, 1),
    log_level="INFO",
)


def no_parts() -> NoReturn:
    raise AssertionError("nothing is connected to before a task runs")


def test_entries_are_named_by_their_action_and_expire_with_their_interval() -> None:
    schedule = beat_schedule(SETTINGS.schedules)
    assert schedule["update-balance"] == {
        "task": "update-balance",
        "schedule": 30.0,
        "options": {"expires": 30.0},
    }
    assert schedule["canary"]["options"] == {"expires": 1.0}


def test_an_interval_of_zero_switches_an_entry_off() -> None:
    assert "relay-outbox" not in beat_schedule(SETTINGS.schedules)


def test_every_scheduled_task_exists() -> None:
    app = make_app(SETTINGS, no_parts)
    assert set(app.conf.beat_schedule) <= set(app.tasks)
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert ours == {
        "canary",
        "check-exchange-health",
        "fetch-market-data",
        "refresh-catalogue",
        "relay-outbox",
        "repair-candle-gaps",
        "rewarm-market-data",
        "schedule-market-data",
        "update-balance",
    }


def test_f54_the_waiting_times_are_in_order() -> None:
    """A task ends before its claim lapses, and that before it is delivered again."""
    assert TIME_LIMIT_SECS < RUNNING_SECS < VISIBILITY_TIMEOUT_SECS
    assert BEAT_LOOP_SECS * 2 < BEAT_LOCK_SECS < 30


def test_the_app_takes_json_only_and_acknowledges_after_the_work() -> None:
    conf = make_app(SETTINGS, no_parts).conf
    assert conf.accept_content == ["json"]
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1


def test_two_apps_of_one_process_share_no_tasks() -> None:
    first = make_app(SETTINGS, no_parts)
    second = make_app(SETTINGS, no_parts)
    assert first.tasks["canary"] is not second.tasks["canary"]
    assert first.tasks["canary"].app is first


@pytest.mark.parametrize("text", [repr, str])
def test_the_app_does_not_tell_the_password(text: type[str]) -> None:
    app = make_app(SETTINGS, no_parts)
    assert "s3cret" not in text(app)


def test_neither_settings_nor_configuration_tell_the_password() -> None:
    conf = make_app(SETTINGS, no_parts).conf
    assert "s3cret" not in repr(SETTINGS)
    # What a worker answers to `celery inspect conf`.
    assert "s3cret" not in conf.humanize(with_defaults=False, censored=True)
    assert "s3cret" not in str(conf.table(with_defaults=False, censored=True))
