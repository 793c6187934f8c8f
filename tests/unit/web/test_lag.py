"""When a consumer group that is behind is a reason to worry."""

import pytest

from threet.ports.live_view import GroupState, StreamState
from threet.web.lag import reasons


def told(length: int, lag: int | None) -> list[str]:
    group = GroupState(group="mine", consumers=1, pending=0, lag=lag)
    stream = StreamState(
        stream="prices:updated", length=length, newest_entry_ms=1, groups=[group]
    )
    return list(reasons([stream]))


@pytest.mark.parametrize(("length", "lag"), [(900, 900), (100_000, 24_999), (9, None)])
def test_work_under_way_is_no_lag(length: int, lag: int | None) -> None:
    assert told(length, lag) == []


@pytest.mark.parametrize(("length", "lag"), [(1_000, 1_000), (100_000, 25_000)])
def test_w8_a_group_that_falls_behind_is_told_by_name(length: int, lag: int) -> None:
    assert told(length, lag) == [f"mine is {lag} entries behind in prices:updated"]
