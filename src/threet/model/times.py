"""Instants as UTC milliseconds, and the law that keeps seconds from passing."""

from threet.model.errors import InvalidValueError

# 2010-01-01 and 2100-01-01: seconds and microseconds fall outside.
EARLIEST_MS = 1_262_304_000_000
LATEST_MS = 4_102_444_800_000
# How far another's clock may be ahead of ours.
MOST_AHEAD_MS = 60_000
# Processes beat every other second; a worker only when it consumed a task.
PROCESS_DEAD_AFTER_MS = 15_000


def require_ms(name: str, value: int) -> None:
    if not EARLIEST_MS <= value < LATEST_MS:
        raise InvalidValueError(name, "be UTC milliseconds of 2010 to 2100", value)


def require_past_ms(name: str, value: int, received_ns: int) -> None:
    """The law of ``require_ms``, and not later than it was received, but for a minute
    by which clocks may differ: a later instant would outlive every true one."""
    require_ms(name, value)
    if value > received_ns // 1_000_000 + MOST_AHEAD_MS:
        raise InvalidValueError(name, "not be later than its reception", value)
