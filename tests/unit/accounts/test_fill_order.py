"""F19: fills of one millisecond are ordered by the position before each."""

from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.money import START_MS, a_fill
from threet.accounts.fill_order import in_order
from threet.model.orders import Fill


def walk(changes: list[int], start: int = 0) -> list[Fill]:
    found, position = [], start
    for change in changes:
        found.append(a_fill(str(change), "100", str(position)))
        position += change
    return found


def is_chain(fills: list[Fill], start: int = 0) -> bool:
    position = Decimal(start)
    for one in fills:
        if one.start_position != position:
            return False
        position += one.change
    return True


CHANGES = st.lists(st.sampled_from([-2, -1, 1, 2]), min_size=1, max_size=12)


@given(changes=CHANGES, start=st.integers(-2, 2), random=st.randoms())
def test_f19_however_they_are_told_each_begins_where_the_last_ended(
    changes: list[int], start: int, random: st.DataObject
) -> None:
    fills = walk(changes, start)
    mixed = list(fills)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    ordered = in_order(mixed, {"BTC": Decimal(start)})
    assert is_chain(list(ordered), start)
    assert {one.tid for one in ordered} == {one.tid for one in fills}


def test_f19_a_buy_through_several_levels_needs_no_known_beginning() -> None:
    fills = walk([1, 2, 3])
    told = [fills[2], fills[0], fills[1]]
    assert list(in_order(told)) == fills


def test_time_comes_before_positions() -> None:
    late = a_fill("1", "100", "0", time_ms=START_MS + 1)
    early = a_fill("-1", "100", "1")
    assert list(in_order([late, early])) == [early, late]


def test_a_fill_in_between_that_is_missing_loses_none_of_the_others() -> None:
    fills = walk([1, 1, 1, 1])
    kept = [fills[3], fills[0], fills[2]]
    assert list(in_order(kept)) == [fills[0], fills[2], fills[3]]


def test_symbols_of_one_millisecond_do_not_mix() -> None:
    btc = walk([1, 1])
    eth = [msgspec.structs.replace(one, symbol="ETH", tid=one.tid + 100) for one in btc]
    ordered = in_order([eth[1], btc[1], eth[0], btc[0]])
    assert [one.symbol for one in ordered] == ["BTC", "BTC", "ETH", "ETH"]
    assert is_chain(list(ordered[:2]))
    assert is_chain(list(ordered[2:]))
