"""The dashboards that Grafana loads are those of the code, and say what is normal."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from setup.grafana.boards.files import FOLDER, files
from tests.prometheus.names import selectors, series
from tests.prometheus.rules import alerts

BOARDS: Mapping[str, Any] = {name: json.loads(text) for name, text in files().items()}
WIDTH = 24
SOURCES = {("prometheus", "prometheus"), ("mysql", "mariadb")}


def panels(board: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def of_prometheus(board: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    asked = [one for one in panels(board) if one["datasource"]["uid"] == "prometheus"]
    assert asked
    return asked


def test_the_committed_files_are_what_the_code_makes() -> None:
    told = "run `make dashboards` and commit what it writes"
    assert {file.name for file in FOLDER.glob("*.json")} == set(files()), told
    for name, text in files().items():
        assert (FOLDER / name).read_text() == text, told


def test_the_code_makes_the_same_twice() -> None:
    assert files() == files()


def test_addresses_titles_and_ids_are_unlike_each_other() -> None:
    for key in ("uid", "title"):
        assert len({board[key] for board in BOARDS.values()}) == len(BOARDS)
    for board in BOARDS.values():
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", BOARDS)
def test_every_panel_says_what_is_normal_and_what_to_do(name: str) -> None:
    for panel in panels(BOARDS[name]):
        assert "**Normal:**" in panel["description"], panel["title"]
        assert "**Otherwise:**" in panel["description"], panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]


@pytest.mark.parametrize("name", BOARDS)
def test_what_is_unknown_is_drawn_as_no_data(name: str) -> None:
    for panel in panels(BOARDS[name]):
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["noValue"] == "no data"
        assert not defaults.get("custom", {}).get("spanNulls")
    for panel in of_prometheus(BOARDS[name]):
        for target in panel["targets"]:
            assert "vector(" not in target["expr"]
            # A number stands for now; a graph may go back.
            assert target["instant"] == (panel["type"] == "stat"), panel["title"]


@pytest.mark.parametrize("name", BOARDS)
def test_panels_ask_datasources_by_their_provisioned_names(name: str) -> None:
    for panel in panels(BOARDS[name]):
        source = panel["datasource"]
        assert (source["type"], source["uid"]) in SOURCES, panel["title"]
        assert all(target["datasource"] == source for target in panel["targets"])


@pytest.mark.parametrize("name", BOARDS)
def test_quantiles_over_time_lead_to_traces(name: str) -> None:
    ours = series()
    for panel in of_prometheus(BOARDS[name]):
        for target in panel["targets"]:
            kinds = {
                ours[one.name].kind
                for one in selectors(target["expr"])
                if one.name in ours
            }
            is_quantile = (
                kinds == {"histogram"} and "histogram_quantile" in target["expr"]
            )
            assert target["exemplar"] == is_quantile, panel["title"]


@pytest.mark.parametrize("name", BOARDS)
def test_panels_do_not_lie_over_each_other(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARDS[name]["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= WIDTH, panel["title"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_the_alerts_that_panels_name_exist() -> None:
    """A word of several capitals is an alert's name, or one of the listed ones."""
    names = {alert.name for alert in alerts()}
    others = {"MariaDB", "HyperLiquid"}
    for board in BOARDS.values():
        for panel in panels(board):
            words = panel["description"].replace(".", " ").replace(",", " ").split()
            told = {word.strip(";:") for word in words if _is_camel(word.strip(";:"))}
            assert told - others <= names, panel["title"]


def _is_camel(word: str) -> bool:
    return (
        word.isalpha()
        and word[0].isupper()
        and not word[1:].islower()
        and (not word.isupper())
    )
