"""Every fault of the catalogue that applies has its test, by name."""

import re

from tests.docs.documents import ROOT, rows, section, text_of

# RELIABILITY's rows of what exists: telemetry is not among them.
CATALOGUE = {
    *(f"W{number}" for number in (1, 2, 3, 4, 5, 6, 8, 9)),
    *(f"R{number}" for number in range(1, 6)),
    *(f"O{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12)),
    *("C1", "C2", "C3", "D1", "D2", "M1"),
}
_TEST = re.compile(r"`(test_\w+)` in `([\w/.]+)`")


def told() -> dict[str, list[tuple[str, str]]]:
    """The tests that the page names for each id, with their files."""
    table = section(text_of("reliability.md"), "Fault by fault")
    return {row[0].strip("`"): _TEST.findall(row[2]) for row in rows(table)}


def test_every_fault_of_the_catalogue_is_in_the_table() -> None:
    assert set(told()) >= CATALOGUE


def test_every_test_of_the_table_exists_and_bears_its_id() -> None:
    for fault, tests in told().items():
        assert tests, fault
        for name, file in tests:
            assert re.search(rf"_{fault.lower()}_", name), (fault, name)
            source = (ROOT / file).read_text()
            assert re.search(rf"^(async )?def {name}\(", source, re.MULTILINE), name
