"""kibana-setup waits, but not for ever; trace_retention goes on whatever happens."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from tests.polling import until
from threet.adapters.memory.clock import ManualClock
from threet.bootstrap.elastic import KibanaParts, RetentionParts
from threet.bootstrap.parts import ProcessParts
from threet.components.kibana_setup import set_up
from threet.components.trace_retention import TraceRetention, first_kept_day
from threet.model.errors import DependencyError

NOON_MS = 1_795_608_000_000  # 2026-11-25 12:00 UTC


class Kibana:
    """Ready after so many looks; makes one data view, once."""

    def __init__(self, ready_after: int) -> None:
        self.looks = 0
        self._ready_after = ready_after
        self.made: list[str] = []

    def is_ready(self) -> bool:
        self.looks += 1
        return self.looks > self._ready_after

    def create_missing(self) -> Sequence[str]:
        missing = [] if self.made else ["Jaeger spans"]
        self.made += missing
        return missing


def parts(kibana: Kibana, clock: ManualClock) -> KibanaParts:
    return KibanaParts(
        clock=clock, is_ready=kibana.is_ready, create_missing=kibana.create_missing
    )


async def test_r4_data_views_are_made_when_kibana_has_become_ready() -> None:
    clock, kibana = ManualClock(NOON_MS), Kibana(ready_after=2)
    working = asyncio.create_task(set_up(parts(kibana, clock)))
    async with asyncio.timeout(5):
        for _ in range(2):
            await until(lambda: clock.sleepers == 1)
            assert kibana.made == []
            clock.advance(2)
        await working
    assert kibana.made == ["Jaeger spans"]


async def test_r4_a_kibana_that_never_becomes_ready_is_told() -> None:
    clock, kibana = ManualClock(NOON_MS), Kibana(ready_after=10_000)
    working = asyncio.create_task(set_up(parts(kibana, clock), patience_secs=60))
    async with asyncio.timeout(5):
        await until(lambda: clock.sleepers == 1)
        clock.advance(61)
        with pytest.raises(DependencyError, match="not ready within 60 s"):
            await working
    assert kibana.made == []


class Board:
    async def beat(self, figures: Mapping[str, int | float | str]) -> None:
        """Nobody looks."""

    async def farewell(self) -> None:
        """Nobody looks."""


class Elasticsearch:
    """Fails the first time; then deletes what it is asked to."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def delete_expired(self, first_kept: str) -> Sequence[str]:
        self.asked.append(first_kept)
        if len(self.asked) == 1:
            raise DependencyError("elasticsearch", "is away")
        return ["jaeger-span-2026-11-10"]


async def test_retention_asks_again_soon_after_a_failure_then_every_hour() -> None:
    clock, elasticsearch = ManualClock(NOON_MS), Elasticsearch()
    retention = TraceRetention(
        RetentionParts(
            process=ProcessParts(clock=clock, board=Board()),
            keep_days=14,
            delete_expired=elasticsearch.delete_expired,
        )
    )
    working = asyncio.create_task(retention.run())
    async with asyncio.timeout(5):
        for pause in (60, 3600):
            await until(lambda: clock.sleepers == 1)
            clock.advance(pause)
        await until(lambda: len(elasticsearch.asked) == 3)
    working.cancel()
    assert elasticsearch.asked == ["2026-11-11"] * 3
    assert retention.figures() == {"deleted": 2, "failures": 1}


@pytest.mark.parametrize(
    ("hours", "day"), [(0, "2026-11-11"), (11.99, "2026-11-11"), (12, "2026-11-12")]
)
def test_a_day_of_traces_ends_at_midnight_utc(hours: float, day: str) -> None:
    assert first_kept_day(NOON_MS + int(hours * 3_600_000), 14) == day
