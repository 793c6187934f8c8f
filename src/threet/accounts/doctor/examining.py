"""Checks one after the other; one that cannot be asked hinders no other."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from threet.model.errors import RateLimitedError, ThreeTError
from threet.model.findings import Finding, unknown

Check = Callable[[], Iterable[Finding]]
# Waits so many seconds for the request budget; False if that is too long.
Wait = Callable[[float], bool]


def impatient(secs: float) -> bool:
    del secs
    return False


def examined(
    checks: Sequence[tuple[str, Check]], wait: Wait = impatient
) -> Iterator[Finding]:
    """Every finding; "unknown" under the check's name where it raised."""
    for name, check in checks:
        while (found := _asked(name, check, wait)) is None:
            pass
        yield from found


def _asked(name: str, check: Check, wait: Wait) -> Sequence[Finding] | None:
    """None when it is to be asked again."""
    found: list[Finding] = []
    try:
        found.extend(check())
    except RateLimitedError as error:
        secs = error.retry_after_secs
        if wait(secs):
            return None
        remedy = f"the budget is used up now, as at a start: again in {secs:.0f} s"
        return [*found, unknown(name, str(error), remedy)]
    except ThreeTError as error:
        remedy = "mend what it names, then ask again"
        return [*found, unknown(name, str(error), remedy)]
    return found
