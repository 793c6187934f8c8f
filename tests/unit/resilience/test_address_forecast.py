"""When all actions of an account are used, from two readings."""

from hypothesis import given
from hypothesis import strategies as st

from threet.model.accounts import AddressUse
from threet.resilience.address_forecast import forecast

T0 = 1_767_225_600_000


def reading(secs: int, used: int, cap: int = 10_000) -> AddressUse:
    return AddressUse(used=used, cap=cap, read_ms=T0 + secs * 1000)


def test_without_a_reading_nothing_is_foretold() -> None:
    assert forecast([]) is None


def test_one_reading_tells_what_is_left_but_no_end() -> None:
    told = forecast([reading(0, 9_000)])
    assert told is not None
    assert (told.left, told.exhausted_in_secs) == (1_000, None)


def test_f37_moving_stops_use_the_address_up_at_a_foreseen_time() -> None:
    told = forecast([reading(0, 1_000), reading(1800, 2_000), reading(3600, 4_000)])
    assert told is not None
    assert told.per_hour == 3_000
    assert told.exhausted_in_secs == 7_200  # 6,000 left at 3,000 an hour


def test_what_trading_earns_postpones_the_end() -> None:
    told = forecast([reading(0, 1_000), reading(3600, 2_000, cap=11_000)])
    assert told is not None
    assert told.exhausted_in_secs is None


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_used_up_is_used_up_now(used: int, more: int) -> None:
    told = forecast([reading(0, 0, cap=1), reading(60, used + 1 + more, cap=used + 1)])
    assert told is not None
    assert told.exhausted_in_secs == 0
    assert told.left == 0
