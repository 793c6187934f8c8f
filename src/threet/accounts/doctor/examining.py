"""Checks one after the other; one that cannot be asked hinders no other."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from threet.model.errors import ThreeTError
from threet.model.findings import Finding, unknown

Check = Callable[[], Iterable[Finding]]


def examined(checks: Sequence[tuple[str, Check]]) -> Iterator[Finding]:
    """Every finding; "unknown" under the check's name where it raised."""
    for name, check in checks:
        try:
            yield from check()
        except ThreeTError as error:
            yield unknown(name, str(error), "mend what it names, then ask again")
