"""A page for an alert says all that whoever is woken by it needs, in the same order."""

import re
from pathlib import Path

import pytest

from tests.docs.documents import DOCS, links, name_of
from tests.prometheus.rules import alerts

PAGES = sorted(
    set((DOCS / "runbooks").glob("*.md")) - {DOCS / "runbooks" / "README.md"}
)
PARTS = ["What it means for money", "See more", "Do", "It is over"]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_runbook_has_all_parts(page: Path) -> None:
    text = page.read_text()
    assert text.startswith(f"# {page.stem}\n")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    assert parts[1::2] == PARTS
    assert all(part.strip() for part in parts[2::2])


def test_a_runbook_says_how_bad_it_is_as_its_alert_does() -> None:
    for alert in alerts():
        text = (DOCS / "runbooks" / f"{alert.name}.md").read_text()
        assert f"Severity: **{alert.labels['severity']}**." in text, alert.name


def test_the_index_names_every_runbook_and_marks_the_critical_ones() -> None:
    text = (DOCS / "runbooks" / "README.md").read_text()
    assert sorted(links(text)) == [page.name for page in PAGES]
    critical = re.findall(r"\[(\w+)\]\(\w+\.md\) \(critical\)", text)
    wanted = [one.name for one in alerts() if one.labels["severity"] == "critical"]
    assert sorted(critical) == sorted(wanted)
