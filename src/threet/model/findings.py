"""What a check found: a verdict, the numbers it rests on, and what to do about it."""

from enum import Enum

import msgspec


class Health(Enum):
    """``UNKNOWN``: it could not be asked, and is neither well nor ill."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """``remedy`` is what to do; "" where there is nothing to do."""

    name: str
    health: Health
    what: str
    remedy: str = ""

    @property
    def is_bad(self) -> bool:
        """Trading should wait for it."""
        return self.health in {Health.FAIL, Health.UNKNOWN}


def ok(name: str, what: str) -> Finding:
    return Finding(name=name, health=Health.OK, what=what)


def warn(name: str, what: str, remedy: str) -> Finding:
    return Finding(name=name, health=Health.WARN, what=what, remedy=remedy)


def fail(name: str, what: str, remedy: str) -> Finding:
    return Finding(name=name, health=Health.FAIL, what=what, remedy=remedy)


def unknown(name: str, what: str, remedy: str) -> Finding:
    return Finding(name=name, health=Health.UNKNOWN, what=what, remedy=remedy)
