"""The documents as these tests read them: sections, tables, code blocks, links."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md"])

_FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text_of(name: str) -> str:
    return (DOCS / name).read_text()


def blocks(text: str, *languages: str) -> list[str]:
    """The code blocks of these languages."""
    return [code for language, code in _FENCED.findall(text) if language in languages]


def prose(text: str) -> str:
    return _FENCED.sub("", text)


def code_spans(text: str) -> list[str]:
    return _CODE.findall(prose(text))


def links(text: str) -> list[str]:
    return _LINK.findall(_CODE.sub("", prose(text)))


def anchors(text: str) -> set[str]:
    """The headings as GitHub names them in a URL."""
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        for heading in _HEADING.findall(prose(text))
    }


def section(text: str, heading: str) -> str:
    """What stands under the heading, up to the next one of any level; else an error."""
    found = re.search(
        rf"^#+ +{re.escape(heading)}$\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert found is not None, f"no heading {heading!r}"
    return found[1]


def rows(text: str) -> Iterator[list[str]]:
    """The cells of every table row but the heads' and the rules'."""
    for line in text.splitlines():
        if line.startswith("| `"):
            cells = re.split(r"(?<!\\)\|", line)[1:-1]
            yield [cell.strip() for cell in cells]


def first_cells(text: str) -> list[str]:
    """What the rows of a table are about: the code of their first cells."""
    return [name for row in rows(text) for name in _CODE.findall(row[0])]
