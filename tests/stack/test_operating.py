"""What an operator does: deploy, back up, restore, reset, clean."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.stack.asking import told
from tests.stack.engine import NAME, Project
from tests.stack.test_flow import WEB, count

WRITERS = ("celery_worker", "celery_beat", "price_stream_producer", "web")


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


def tables(project: Project) -> dict[str, tuple[str, str]]:
    """Rows and checksum of each durable table."""
    found = project.sql("SHOW TABLES")
    names = sorted(row[0] for row in found if row[0] != "market_data")
    return {
        name: (
            str(count(project, name)),
            project.sql(f"CHECKSUM TABLE `{name}`")[0][1],
        )
        for name in names
    }


def keys(project: Project) -> dict[str, str]:
    """What Redis holds, but for keys that end by themselves, as it would be copied."""
    script = (
        "local told = {} "
        "for _, key in ipairs(redis.call('KEYS', '*')) do "
        "  if redis.call('TTL', key) == -1 then "
        "    told[#told + 1] = key .. ' ' .. redis.sha1hex(redis.call('DUMP', key)) "
        "  end "
        "end "
        "return told"
    )
    lines = project.redis("eval", script, "0").splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if line)


def test_a_backup_gives_back_what_was_destroyed(project: Project) -> None:
    everyone = set(project.containers()) - {"mariadb", "redis"}
    project.compose("stop", *sorted(everyone))
    rows, entries = tables(project), keys(project)
    assert int(rows["candles"][0]) > 0
    assert any(name.endswith(":updated") for name in entries)

    file = project.make("backup").strip()
    assert Path(project.folder / file).stat().st_mode & 0o077 == 0
    project.make("clean", "VOLUMES=1", "YES=1")
    assert project.containers() == {}
    project.make("restore", f"FILE={file}", "YES=1", "START=0")

    assert tables(project) == rows
    assert keys(project) == entries
    project.compose("up", "-d", "--wait", "--wait-timeout", "300")


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


@contextmanager
def neighbour(image: str) -> Iterator[str]:
    """A container of somebody else, with a name that resembles ours."""
    name = "threet-neighbour"
    run = ["docker", "run", "-d", "--name", name, "--entrypoint", "sleep", image]
    subprocess.run([*run, "600"], check=True, capture_output=True)
    try:
        yield name
    finally:
        subprocess.run(["docker", "rm", "-f", name], check=True, capture_output=True)


def names(*command: str) -> set[str]:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_r2_clean_takes_ours_and_nothing_else(project: Project) -> None:
    with neighbour(project.service_images()["redis"]) as other:
        project.make("clean")
        running = names("docker", "ps", "-a", "--format", "{{.Names}}")
        assert other in running
        assert not [one for one in running if one.startswith(f"{NAME}-")]
        networks = names("docker", "network", "ls", "--format", "{{.Name}}")
        assert not [one for one in networks if one.startswith(f"{NAME}_")]
        volumes = names("docker", "volume", "ls", "--format", "{{.Name}}")
        assert f"{NAME}_mariadb" in volumes
