"""scheduleCancel: who may set it, when it strikes, and how often."""

import pytest

from hlsim.core.commands import Done, Result, ScheduleCancel
from hlsim.core.intervals import DAY_MS
from hlsim.core.orders import Status
from hlsim.core.refusal import Refused
from tests.unit.hlsim.core.floor import ALICE, Floor, order
from tests.unit.hlsim.core.scripted_market import OTHER


@pytest.fixture
def floor() -> Floor:
    """Alice has traded enough."""
    floor = Floor()
    floor.have_traded(ALICE, "1000000")
    return floor


def schedule(floor: Floor, in_ms: int | None) -> Result:
    time_ms = None if in_ms is None else floor.now_ms + in_ms
    return floor.act(ALICE, ScheduleCancel(time_ms=time_ms))


def test_a_million_must_have_been_traded() -> None:
    floor = Floor()
    floor.have_traded(ALICE, "437.921")
    assert schedule(floor, 5_000) == Refused(
        "Cannot set scheduled cancel time until enough volume traded."
        " Required: $1000000. Traded: $437.92."
    )
    assert schedule(floor, None) == Done()


def test_it_is_at_least_five_seconds_away(floor: Floor) -> None:
    assert isinstance(schedule(floor, 4_999), Refused)
    assert schedule(floor, 5_000) == Done()


def test_all_orders_are_canceled_when_its_time_has_come(floor: Floor) -> None:
    oids = [
        floor.rest(ALICE, order("buy", "1", "99")),
        floor.rest(ALICE, order("buy", "1", "99", asset=OTHER)),
    ]
    schedule(floor, 5_000)
    floor.pass_ms(4_999)
    assert len(floor.open(ALICE)) == 2
    floor.pass_ms(1)
    assert floor.open(ALICE) == []
    assert [floor.status(ALICE, one) for one in oids] == [Status.SCHEDULED_CANCEL] * 2


def test_it_strikes_once(floor: Floor) -> None:
    schedule(floor, 5_000)
    floor.pass_ms(5_000)
    floor.rest(ALICE, order("buy", "1", "99"))
    floor.pass_ms(60_000)
    assert len(floor.open(ALICE)) == 1


def test_a_moved_one_strikes_at_its_new_time_alone(floor: Floor) -> None:
    floor.rest(ALICE, order("buy", "1", "99"))
    schedule(floor, 5_000)
    floor.pass_ms(4_000)
    schedule(floor, 5_000)
    floor.pass_ms(4_999)
    assert len(floor.open(ALICE)) == 1
    floor.pass_ms(1)
    assert floor.open(ALICE) == []


def test_a_cleared_one_does_not_strike(floor: Floor) -> None:
    floor.rest(ALICE, order("buy", "1", "99"))
    schedule(floor, 5_000)
    assert schedule(floor, None) == Done()
    floor.pass_ms(60_000)
    assert len(floor.open(ALICE)) == 1


def test_it_strikes_ten_times_a_day(floor: Floor) -> None:
    for _ in range(10):
        assert schedule(floor, 5_000) == Done()
        floor.pass_ms(5_000)
    assert isinstance(schedule(floor, 5_000), Refused)
    floor.pass_ms(DAY_MS - floor.now_ms % DAY_MS)
    assert schedule(floor, 5_000) == Done()
