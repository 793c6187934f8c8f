"""Instants as UTC milliseconds, and the law that keeps seconds from passing."""

from threet.model.errors import InvalidValueError

# 2010-01-01 and 2100-01-01: seconds and microseconds fall outside.
EARLIEST_MS = 1_262_304_000_000
LATEST_MS = 4_102_444_800_000


def require_ms(name: str, value: int) -> None:
    if not EARLIEST_MS <= value < LATEST_MS:
        raise InvalidValueError(name, "be UTC milliseconds of 2010 to 2100", value)
