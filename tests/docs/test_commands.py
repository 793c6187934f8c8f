"""What the documents tell to type exists."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.commands import commands, fault, options, targets
from tests.docs.documents import (
    PAGES,
    blocks,
    code_spans,
    first_cells,
    name_of,
    section,
    text_of,
)


def shell_lines(text: str) -> Iterator[str]:
    for block in blocks(text, "sh", "bash", "console"):
        yield from block.replace("\\\n", " ").splitlines()
    for span in code_spans(text):
        if span.split(" ")[0] in ("3t", "hlsim", "make"):
            yield span


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_line_is_one_of_ours(page: Path) -> None:
    lines = shell_lines(page.read_text())
    assert [told for line in lines if (told := fault(line.strip()))] == []


def test_a_line_that_is_wrong_is_found() -> None:
    wrong = ("3t bd migrate", "X=1 3t up --netwrok a", "hlsim server", "make tset")
    assert all(fault(line) for line in wrong)
    right = ("3t db migrate", "X=1 3t up --network a", "hlsim serve", "make test A=1")
    assert not any(fault(line) for line in right)


@pytest.mark.parametrize("words", commands())
def test_the_reference_names_every_option_of_a_command(words: str) -> None:
    described = section(text_of("reference/cli.md"), f"`{words}`")
    assert set(first_cells(described)) == options(commands()[words])


def test_the_reference_names_every_target() -> None:
    described = [f"make {target}" for target in targets()]
    assert sorted(first_cells(text_of("reference/make.md"))) == sorted(described)
