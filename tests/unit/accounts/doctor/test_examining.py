"""A check that cannot be asked is unknown, and hinders no other."""

from collections.abc import Iterator

from threet.accounts.doctor.examining import examined
from threet.model.errors import BudgetSpentError, DependencyError
from threet.model.findings import Finding, Health, ok


def test_what_raises_is_unknown_and_the_next_is_asked() -> None:
    def broken() -> Iterator[Finding]:
        yield ok("first half", "seen")
        raise DependencyError("database", "is away")

    def spent() -> Iterator[Finding]:
        raise BudgetSpentError("meta", 24)

    found = list(
        examined([("a", broken), ("b", spent), ("c", lambda: [ok("c", "fine")])])
    )
    assert [one.name for one in found] == ["first half", "a", "b", "c"]
    assert [one.health for one in found][1:3] == [Health.UNKNOWN, Health.UNKNOWN]
    assert "is away" in found[1].what
    assert "again in 24 s" in found[2].remedy


def test_who_has_patience_asks_again_and_hears_each_finding_once() -> None:
    answers, waited = iter([BudgetSpentError("meta", 24), None]), list[float]()

    def scarce() -> Iterator[Finding]:
        yield ok("first half", "seen")
        if error := next(answers):
            raise error
        yield ok("second half", "seen")

    def wait(secs: float) -> bool:
        waited.append(secs)
        return True

    names = [one.name for one in examined([("a", scarce)], wait)]
    assert names == ["first half", "second half"]
    assert waited == [24]
