"""The sliding budget against both ways an exchange may count a minute."""

from hypothesis import given
from hypothesis import strategies as st

from threet.resilience.weight_window import WeightWindow

REQUESTS = st.lists(st.tuples(st.integers(1, 400), st.integers(0, 40)), max_size=80)


@given(REQUESTS)
def test_a_token_bucket_of_the_exchange_never_runs_dry(
    asked: list[tuple[int, int]],
) -> None:
    """1200 at most, refilled by 20 a second: what we take is always there."""
    window, tokens, now = WeightWindow(1200), 1200, 1_000_000
    for weight, secs in asked:
        if window.take(now, weight) == 0:
            tokens -= weight
            assert tokens >= 0
        now += secs
        tokens = min(1200, tokens + 20 * secs)


@given(REQUESTS, st.integers(0, 59))
def test_a_counter_that_starts_anew_each_minute_never_overflows(
    asked: list[tuple[int, int]], offset: int
) -> None:
    window, counted, now = WeightWindow(1200), dict[int, int](), 1_000_000
    for weight, secs in asked:
        if window.take(now, weight) == 0:
            minute = (now + offset) // 60
            counted[minute] = counted.get(minute, 0) + weight
        now += secs
    assert all(sum_ <= 1200 for sum_ in counted.values())


def test_what_must_be_kept_is_not_taken() -> None:
    window = WeightWindow(1200)
    assert window.take(0, 1000, keep=120) == 0
    assert window.take(1, 100, keep=120) == 60
    assert window.take(1, 200) == 0
