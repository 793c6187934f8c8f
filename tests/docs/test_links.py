"""Every relative link leads to a file, and to a heading in it."""

from pathlib import Path

import pytest

from tests.docs.documents import DOCS, PAGES, anchors, links, name_of

# The first folder of a path that only one machine has.
FOREIGN = [f"/{folder}/" for folder in ("home", "root", "work", "opt")]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_relative_links_resolve(page: Path) -> None:
    broken = []
    for link in links(page.read_text()):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (
            anchor and anchor not in anchors(target.read_text())
        ):
            broken.append(link)
    assert not broken


def test_the_index_leads_to_every_page() -> None:
    index, runbooks = DOCS / "README.md", DOCS / "runbooks" / "README.md"
    led_to = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in (index, runbooks)
        for link in links(page.read_text())
    }
    decisions = set((DOCS / "decisions").glob("*.md"))
    pages = {page for page in PAGES if page.is_relative_to(DOCS)}
    assert pages - led_to - decisions - {index} == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_path_of_a_machine(page: Path) -> None:
    text = page.read_text()
    assert not [path for path in FOREIGN if path in text]
