"""What the gap store does on either database."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.contract.conftest import OpenDatabase
from threet.adapters.sql.gap_store import SqlGapStore
from threet.model.candles import Timeframe
from threet.ports.gap_store import CandleGap, GapStore

T0 = 1_700_006_400_000
MINUTE = 60_000


@pytest.fixture(params=["sqlite", "mariadb"])
def store(request: pytest.FixtureRequest, open_database: OpenDatabase) -> GapStore:
    return SqlGapStore(open_database(request.param))


def a_gap(first: int, end: int, *, asked_ms: int = 0, due_ms: int = 0) -> CandleGap:
    return CandleGap(
        symbol="BTC",
        timeframe=Timeframe.M1,
        start_ms=T0 + first * MINUTE,
        end_ms=T0 + end * MINUTE,
        found_ms=T0 + 100 * MINUTE,
        asked_ms=asked_ms,
        due_ms=due_ms,
    )


def test_due_are_those_whose_time_has_come_the_longest_unasked_first(
    store: GapStore,
) -> None:
    late = a_gap(1, 2, asked_ms=T0 + 2, due_ms=T0 + 3)
    early = a_gap(5, 6, asked_ms=T0 + 1, due_ms=T0 + 3)
    waiting = a_gap(7, 8, due_ms=T0 + 4)
    lost = replace(a_gap(9, 10), given_up=True)
    store.note([late, early, waiting, lost])
    assert list(store.due(T0 + 3, 10)) == [early, late]
    assert list(store.due(T0 + 3, 1)) == [early]
    assert len(store.known(10)) == 4


def test_a_gap_noted_again_keeps_its_finding(store: GapStore) -> None:
    store.note([a_gap(1, 2)])
    store.note([replace(a_gap(1, 4), found_ms=T0 + 200 * MINUTE)])
    assert list(store.known(10)) == [a_gap(1, 4)]


def test_of_two_who_postpone_the_same_gap_one_gets_it(store: GapStore) -> None:
    store.note([a_gap(1, 2), a_gap(3, 4)])
    seen: Sequence[CandleGap] = store.due(T0, 10)
    assert [one.due_ms for one in store.postpone(seen[:1], T0 + 9)] == [T0 + 9]
    assert [one.start_ms for one in store.postpone(seen, T0 + 8)] == [T0 + 3 * MINUTE]


def test_a_gap_is_replaced_by_what_is_left_once(store: GapStore) -> None:
    gap = a_gap(1, 9)
    left = [a_gap(1, 3, due_ms=T0 + 1), a_gap(5, 9, due_ms=T0 + 1)]
    store.note([gap])
    assert store.replace(gap, left)
    assert not store.replace(gap, [])
    assert list(store.known(10)) == left
    assert store.replace(left[0], [])
    store.forget([left[1]])
    assert list(store.known(10)) == []
