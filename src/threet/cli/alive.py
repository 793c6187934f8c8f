"""`python -m threet.cli.alive NAME`: a container's health check of one process.

Reads the environment only, as compose sets it, and loads next to nothing: it runs every
few seconds for every process.
"""

import os
import sys

from threet.adapters.redis_streams.address import RedisAddress
from threet.adapters.redis_streams.beat_check import last_beat_ms
from threet.adapters.system_clock import SystemClock
from threet.model.errors import DependencyError
from threet.model.times import PROCESS_DEAD_AFTER_MS

_PATIENCE_SECS = 4.0


def main() -> None:
    name = sys.argv[1]
    sys.exit(_fault(name))


def _fault(name: str) -> str | None:
    """Why it counts as dead, or None."""
    try:
        beat_ms = last_beat_ms(_address(), name, _PATIENCE_SECS)
    except DependencyError as error:
        return str(error)
    if beat_ms is None:
        return f"{name} has not said that it lives"
    age_ms = SystemClock().now_ms() - beat_ms
    if age_ms > PROCESS_DEAD_AFTER_MS:
        return f"{name} last said that it lives {age_ms / 1000:.0f} s ago"
    return None


def _address() -> RedisAddress:
    return RedisAddress(
        host=os.environ.get("THREET_REDIS__HOST", "127.0.0.1"),
        port=int(os.environ.get("THREET_REDIS__PORT", "6379")),
        db=int(os.environ.get("THREET_REDIS__DB", "0")),
        password=os.environ.get("THREET_REDIS__PASSWORD"),
    )


if __name__ == "__main__":
    main()
