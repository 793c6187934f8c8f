"""Checks one after the other; one that cannot be asked hinders no other."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from threet.model.errors import RateLimitedError, ThreeTError
from threet.model.findings import Finding, unknown

Check = Callable[[], Iterable[Finding]]


def examined(checks: Sequence[tuple[str, Check]]) -> Iterator[Finding]:
    """Every finding; "unknown" under the check's name where it raised."""
    for name, check in checks:
        try:
            yield from check()
        except RateLimitedError as error:
            secs = error.retry_after_secs
            remedy = f"the budget is used up now, as at a start: again in {secs:.0f} s"
            yield unknown(name, str(error), remedy)
        except ThreeTError as error:
            yield unknown(name, str(error), "mend what it names, then ask again")
