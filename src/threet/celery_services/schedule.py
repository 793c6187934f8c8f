"""The beat schedule: entries named by what they do, each task once per interval."""

from collections.abc import Mapping
from typing import Any


def beat_schedule(schedules: Mapping[str, float]) -> dict[str, Any]:
    """Entries by task name; an interval of 0 switches its entry off.

    A task that waited for a whole interval is worth nothing: the next one is there. So
    a backlog dissolves by itself once a worker is back.
    """
    return {
        name: {
            "task": name,
            "schedule": float(secs),
            "options": {"expires": max(float(secs), 1.0)},
        }
        for name, secs in schedules.items()
        if secs > 0
    }
