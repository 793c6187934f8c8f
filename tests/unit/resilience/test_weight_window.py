"""The sliding budget against both ways an exchange may count a minute."""

from hypothesis import given
from hypothesis import strategies as st

from threet.ports.rate_budget import Priority
from threet.resilience.weight_window import WeightWindow, kept_by

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
    assert window.take(1, 200, priority=Priority.CANCEL) == 0


@given(
    st.lists(
        st.tuples(st.sampled_from(Priority), st.integers(1, 300), st.integers(0, 20)),
        max_size=100,
    )
)
def test_a_priority_never_touches_the_reserves_of_the_higher_ones(
    asked: list[tuple[Priority, int, int]],
) -> None:
    window, now = WeightWindow(1200), 0
    for priority, weight, secs in asked:
        now += secs
        before = window.state(now)
        taken = window.take(now, weight, priority=priority) == 0
        assert taken == (before.left_for[priority] >= weight)
        if taken:
            assert 1200 - window.state(now).used >= kept_by(priority, 1200)


def test_a_cancel_goes_through_when_data_has_used_its_share() -> None:
    window = WeightWindow(1200)
    while window.take(0, 20) == 0:
        pass
    assert window.take(0, 20) > 0
    assert window.take(0, 1, priority=Priority.CANCEL) == 0
    assert window.state(0).left_for[Priority.CANCEL] >= 95


def test_a_pause_holds_data_and_orders_but_no_way_out() -> None:
    window = WeightWindow(1200)
    window.pause(100, 10)
    held = (Priority.ORDER, Priority.ACCOUNT, Priority.DATA)
    assert [window.take(103, 2, priority=one) for one in held] == [7, 7, 7]
    assert window.take(103, 1, priority=Priority.CANCEL) == 0
    assert window.take(103, 1, priority=Priority.REDUCE) == 0
    assert window.take(110, 2) == 0


def test_what_an_answer_cost_more_counts_even_beyond_the_limit() -> None:
    window = WeightWindow(1200)
    window.charge(0, 1300, Priority.ACCOUNT)
    assert window.state(0).left == 0
    assert window.take(1, 1, priority=Priority.CANCEL) == 60
