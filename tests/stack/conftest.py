"""One project for all of these tests: begun once, healthy before each test."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack.engine import Project


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    project = Project(tmp_path_factory.mktemp("stack") / "project")
    project.folder.mkdir()
    project.prepare()
    project.compose("--profile", "*", "down", "--volumes", "--timeout", "5")
    started = time.monotonic()
    try:
        _install(project)
        print(f"\nmake install: healthy after {time.monotonic() - started:.0f} s")  # noqa: T201
        yield project
    finally:
        project.compose("--profile", "*", "down", "--volumes", "--timeout", "5")


def _install(project: Project) -> None:
    try:
        project.make("install")
    except AssertionError as error:
        said = project.complaints()
        raise AssertionError(f"{said}\n(after) {str(error)[-500:]}") from None


@pytest.fixture
def project(begun: Project) -> Project:
    """Healthy again, whatever the test before did to it."""
    if not begun.is_well():
        begun.compose("up", "-d", "--wait", "--wait-timeout", "300")
    return begun


@pytest.fixture
def passwords(project: Project) -> dict[str, str]:
    return project.variables


@pytest.fixture
def folder(project: Project) -> Path:
    return project.folder
