"""A few seeds of the simulation, and that it is one; `make sim` plays a thousand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sim.runner import ground, kept_seeds, play

SEEDS = [*kept_seeds(), 1]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with ground() as found:
        yield found


@pytest.mark.parametrize("seed", SEEDS)
def test_no_rule_is_broken(seed: int, folder: Path) -> None:
    assert play(seed, folder).violated == []


def test_the_same_seed_is_the_same_run(folder: Path) -> None:
    first, second = play(3, folder), play(3, folder)
    assert first == second
    assert first.digest != play(4, folder).digest
