"""A few seeds of the simulation, and that it is one; `make sim` plays a thousand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sim.runner import ground, play


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with ground() as found:
        yield found


@pytest.mark.parametrize("seed", [1, 2])
def test_no_rule_is_broken(seed: int, folder: Path) -> None:
    assert play(seed, folder).violated == []


def test_the_same_seed_is_the_same_run(folder: Path) -> None:
    first = play(3, folder)
    assert play(3, folder) == first
    assert play(4, folder).digest != first.digest
