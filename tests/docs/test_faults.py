"""The page about faults shows every kind, and its plans are plans."""

from dataclasses import dataclass

import msgspec
import pytest
import yaml

from hlsim.faults.kinds import KINDS, Plan
from hlsim.faults.plan import Event, Fault, FrameFault, RequestFault, SessionEvent
from hlsim.faults.reading import read_plan
from tests.docs.documents import blocks, first_cells, rows, section, text_of

PAGE = text_of("hlsim/faults.md")
TOLD_ONCE = (SessionEvent, Event, RequestFault, FrameFault, Fault)


@dataclass(frozen=True, slots=True)
class Row:
    kind: str
    keys: str
    catalogue: str


def told() -> dict[str, Row]:
    """The rows that tell a kind: four cells."""
    found = [row for row in rows(PAGE) if len(row) == 4]
    return {row[0].strip("`"): Row(row[0].strip("`"), *row[1:3]) for row in found}


def own_fields(kind: type[Fault]) -> set[str]:
    """The keys of a kind that no table of common keys tells."""
    common = {
        field.name
        for base in TOLD_ONCE
        if base in kind.__mro__
        for field in msgspec.structs.fields(base)
    }
    return {field.name for field in msgspec.structs.fields(kind)} - common


def plans() -> list[Plan]:
    return [read_plan(yaml.safe_load(block)) for block in blocks(PAGE, "yaml")]


def test_every_kind_has_an_example_that_is_a_plan() -> None:
    shown = {fault.kind for plan in plans() for fault in plan.faults}
    assert shown == {str(kind.__struct_config__.tag) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_page_tells_every_key_of_a_kind_and_its_rows(kind: type[Fault]) -> None:
    row = told()[str(kind.__struct_config__.tag)]
    keys = {word.strip("`,") for word in row.keys.split() if word.startswith("`")}
    assert keys == own_fields(kind)
    assert (kind.__doc__ or "").startswith(f"{row.catalogue}:")


def test_the_page_tells_the_common_keys() -> None:
    common = [field.name for field in msgspec.structs.fields(Fault)]
    assert sorted(first_cells(section(PAGE, "A plan"))) == sorted(["kind", *common])
    told_of_events = section(PAGE, "Events")
    for field in msgspec.structs.fields(Event):
        assert field.name in common or f"| `{field.name}` |" in told_of_events
