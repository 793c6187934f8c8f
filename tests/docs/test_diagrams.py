"""The diagrams show services that there are, and are drawn as they are written."""

import html
import re
from pathlib import Path

import pytest
import yaml

from tests.docs.documents import DOCS, ROOT, name_of

SOURCES = sorted((DOCS / "diagrams").glob("*.puml"))
COMPOSE = ROOT / "docker-compose.yml"
# Not ours to run.
OUTSIDE = {"exchange"}

_SERVICE = re.compile(r'^ *(?:Container|Store)\(\w+, "([^"]+)"', re.MULTILINE)
_PARTICIPANT = re.compile(r'^participant "?([\w-]+)"?', re.MULTILINE)
_STRING = re.compile(r'"([^"]*)"')
_DRAWN = re.compile(r"<text[^>]*>([^<]*)</text>")


def services(source: Path) -> set[str]:
    text = source.read_text()
    return {*_SERVICE.findall(text), *_PARTICIPANT.findall(text)} - OUTSIDE


def test_the_diagrams_that_were_promised_are_there() -> None:
    flows = ["balance-flow", "market-data-flow", "order-flow", "price-flow"]
    assert [one.stem for one in SOURCES] == sorted(
        ["containers", "context", "deployment", *flows]
    )


@pytest.mark.skipif(not COMPOSE.exists(), reason="there is no compose file yet")
@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_every_service_in_a_diagram_is_one_of_compose(source: Path) -> None:
    known = set(yaml.safe_load(COMPOSE.read_text())["services"])
    assert services(source) <= known


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_what_is_written_is_drawn(source: Path) -> None:
    """Run `make render-diagrams` when it is not."""
    drawn = " ".join(_DRAWN.findall(source.with_suffix(".svg").read_text()))
    letters = re.sub(r"\W", "", html.unescape(drawn))
    for text in (*_STRING.findall(source.read_text()), *services(source)):
        for word in re.findall(r"\w+", text.replace("\\n", " ")):
            assert word in letters, word
