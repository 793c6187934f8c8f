"""How a process lives."""

import gc
from collections.abc import Iterator

import pytest

from threet.adapters.system_clock import SystemClock
from threet.bootstrap import ProcessParts
from threet.components.lifecycle import live


class Silent:
    async def beat(self, figures: object) -> None: ...

    async def farewell(self) -> None: ...


@pytest.fixture
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("thawed")
async def test_what_is_there_at_the_start_is_looked_at_by_no_later_collection() -> None:
    before = gc.get_freeze_count()
    seen = []

    async def work() -> None:
        seen.append(gc.get_freeze_count())

    process = ProcessParts(clock=SystemClock(), board=Silent())
    await live(process, work(), figures=dict)
    assert seen[0] - before > 10_000
