"""What an operator does to a stack that runs: deploys, resets."""

import pytest

from tests.stack.asking import told
from tests.stack.engine import Project
from tests.stack.test_flow import WEB, count


def test_r3_edited_source_is_deployed_by_a_restart(project: Project) -> None:
    source = project.folder / "src/threet/web/app.py"
    text = source.read_text()
    assert 'title="3T"' in text
    source.write_text(text.replace('title="3T"', 'title="3T, edited"'))
    try:
        project.make("restart", "SERVICE=web")
        project.until_healthy("web")
        assert told(f"{WEB}/api/openapi.json")["info"]["title"] == "3T, edited"
    finally:
        source.write_text(text)
        project.make("restart", "SERVICE=web")


def test_r5_a_database_that_is_not_the_simulators_is_never_reset(
    project: Project,
) -> None:
    project.sql("UPDATE bound_network SET network = 'mainnet'")
    try:
        with pytest.raises(AssertionError, match="holds data of mainnet"):
            project.make("reset-db", "YES=1")
    finally:
        project.sql("UPDATE bound_network SET network = 'simulator'")
    config = project.folder / "config.yml"
    text = config.read_text()
    config.write_text(text.replace("network: simulator", "network: mainnet"))
    try:
        with pytest.raises(AssertionError, match="is not the simulator's"):
            project.make("reset-db", "YES=1")
    finally:
        config.write_text(text)
    assert count(project, "candles") > 0


def test_r5_the_simulators_database_begins_anew(project: Project) -> None:
    ((newest_ms,),) = project.sql("SELECT MAX(account_ms) FROM balance_history")
    of_before = f"balance_history WHERE account_ms <= {newest_ms}"
    assert count(project, of_before) > 0
    project.make("reset-db", "YES=1")
    assert count(project, "products") == 25
    assert count(project, of_before) == 0
