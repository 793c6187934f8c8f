"""The reference says what the code says: keys, streams, routes, tables, processes."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.docs.documents import first_cells, rows, section, text_of
from tests.system.web.scripted import Script
from threet.adapters.redis_streams.codec import DEAD_LETTERS, STREAMS
from threet.adapters.sql.trading_schema import EVERY_TABLE
from threet.bootstrap.embedded import EmbeddedOptions, plan
from threet.bootstrap.settings import schema
from threet.model.accounts import AccountPosition
from threet.model.books import BookLevel
from threet.model.candles import Candle, Timeframe
from threet.model.orders import Fill
from threet.model.prices import PriceChange
from threet.model.trades import Trade
from threet.web.app import create_app

PARTS = (
    PriceChange,
    Trade,
    BookLevel,
    Candle,
    AccountPosition,
    Fill,
)


def keys() -> Iterator[tuple[str, str]]:
    """Every key path of the settings, with its default as JSON."""
    root: Any = schema()

    def below(section_: Any, prefix: str) -> Iterator[tuple[str, str]]:
        for name, one in section_["properties"].items():
            named = root["$defs"].get(one.get("$ref", "").rpartition("/")[2], {})
            if "properties" in named:
                yield from below(named, f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}", json.dumps(one.get("default"))

    return below(root, "")


def test_configuration_names_every_key_with_its_default_and_no_other() -> None:
    text = text_of("reference/configuration.md").partition("## Environment")[0]
    told = {row[0].strip("`"): row[2].strip("`") for row in rows(text)}
    assert told == dict(keys())
    assert all(row[3] for row in rows(text))


def test_configuration_names_every_timeframe() -> None:
    text = text_of("reference/configuration.md")
    (row,) = [row for row in rows(text) if row[0] == "`market_data.timeframes`"]
    assert row[3].partition(": ")[2].split() == [frame.value for frame in Timeframe]


def test_streams_names_every_stream_and_no_other() -> None:
    text = text_of("reference/streams.md").partition("## Parts")[0]
    told = [line[4:-1] for line in text.splitlines() if line.startswith("## `")]
    assert told == [*STREAMS.values(), DEAD_LETTERS]


@pytest.mark.parametrize(("kind", "stream"), STREAMS.items(), ids=STREAMS.values())
def test_streams_names_every_field_of_an_event(kind: type, stream: str) -> None:
    told = first_cells(section(text_of("reference/streams.md"), f"`{stream}`"))
    assert told == [field.name for field in msgspec.structs.fields(kind)]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_streams_names_every_field_of_a_part(part: type[msgspec.Struct]) -> None:
    told = first_cells(section(text_of("reference/streams.md"), part.__name__))
    assert told == [field.name for field in msgspec.structs.fields(part)]


@pytest.fixture(scope="module")
def openapi() -> Mapping[str, Any]:
    return create_app(Script(port=1).parts).openapi()


def test_api_names_every_route_and_parameter(openapi: Mapping[str, Any]) -> None:
    text = text_of("reference/api.md")
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            told = first_cells(section(text, f"{method.upper()} {path}"))
            named = [one["name"] for one in operation.get("parameters", [])]
            assert told[: len(named)] == named, path
    methods = ("### GET ", "### POST ")
    headings = [line[4:] for line in text.splitlines() if line.startswith(methods)]
    expected = {
        f"{method.upper()} {path}"
        for path, operations in openapi["paths"].items()
        for method in operations
    } | {"GET /api/openapi.json"}
    assert set(headings) == expected


def test_api_names_every_field_of_every_answer(openapi: Mapping[str, Any]) -> None:
    text = text_of("reference/api.md")
    for name, answer in openapi["components"]["schemas"].items():
        if name.endswith("Answer"):
            assert first_columns(section(text, name)) == list(answer["properties"])


def first_columns(text: str) -> list[str]:
    return [row[0].strip("`") for row in rows(text)]


@pytest.mark.parametrize(
    "table", EVERY_TABLE.sorted_tables, ids=lambda table: table.name
)
def test_database_names_every_column(table: Any) -> None:
    told = first_cells(section(text_of("reference/database.md"), f"`{table.name}`"))
    assert told == [column.name for column in table.columns]


def test_processes_names_every_process_with_its_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # no configuration of this machine
    described = text_of("reference/processes.md").partition("## Alive")[0]
    told = {row[0].strip("`"): row[1].strip("`") for row in rows(described)}
    started = plan(EmbeddedOptions(is_demo=True), {}).platform  # with all that trades
    assert told == {child.name: child.command[2] for child in started}
