"""Errors are counted by kind over sliding windows, and too many raise an alert."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from threet.model.errors import FailureKind
from threet.resilience import latency_histogram as histogram
from threet.resilience.network_monitor import NetworkMonitor

TIMEOUT, SSL, LIMIT = FailureKind.TIMEOUT, FailureKind.SSL, FailureKind.RATE_LIMIT


def test_windows_slide_over_the_last_1_5_and_15_minutes() -> None:
    monitor = NetworkMonitor()
    for at, kind in ((0, TIMEOUT), (650, SSL), (870, TIMEOUT)):
        monitor.error(at, kind)
    assert monitor.errors(890, 60) == Counter({TIMEOUT: 1})
    assert monitor.errors(890, 300) == Counter({TIMEOUT: 1, SSL: 1})
    assert monitor.errors(890, 900) == Counter({TIMEOUT: 2, SSL: 1})
    monitor.answer(2000, 0.1)
    assert not monitor.errors(2000, 900)
    assert monitor.totals == Counter({TIMEOUT: 2, SSL: 1})


@given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from(FailureKind)), max_size=80))
def test_a_window_counts_what_a_naive_list_counts_but_for_one_slice(
    steps: list[tuple[float, FailureKind]],
) -> None:
    monitor, now, seen = NetworkMonitor(), 0.0, list[float]()
    for secs, kind in steps:
        now += secs
        monitor.error(now, kind)
        seen.append(now)
        for window in (60, 300, 900):
            counted = monitor.errors(now, window).total()
            assert sum(at > now - window + 5 for at in seen) <= counted
            assert counted <= sum(at > now - window - 5 for at in seen)


def test_too_many_errors_raise_one_alert_and_then_cool_down() -> None:
    monitor = NetworkMonitor(cooldown_secs=100)
    raised = [monitor.error(at, TIMEOUT) for at in range(50)]
    told = [(at, one[0].count) for at, one in enumerate(raised) if one]
    assert told == [(9, 10)]
    assert [one.threshold.name for one in raised[9]] == ["exchange_failing"]
    again = [at for at in range(50, 200) if monitor.error(at, TIMEOUT)]
    assert again == [109]


def test_rate_limits_have_a_threshold_of_their_own() -> None:
    monitor = NetworkMonitor()
    found = [monitor.error(at, LIMIT) for at in range(3)]
    assert [[one.threshold.name for one in row] for row in found] == [
        [],
        [],
        ["exchange_rate_limited"],
    ]


def test_slow_errors_that_are_far_apart_raise_nothing() -> None:
    monitor = NetworkMonitor()
    assert not any(monitor.error(at * 20.0, TIMEOUT) for at in range(100))


def test_latencies_are_told_as_upper_bounds_of_the_last_five_minutes() -> None:
    monitor = NetworkMonitor()
    assert monitor.latency(0, 0.5) is None
    for at in range(99):
        monitor.answer(at, 0.04)
    monitor.answer(99, 4.2)
    assert monitor.latency(99, 0.5) == 0.05
    assert monitor.latency(99, 0.99) == 0.05
    assert monitor.latency(99, 1.0) == 5.0
    assert monitor.latency(500, 0.5) is None


@given(st.lists(st.floats(0, 60), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_the_bound_above_the_exact_one(
    latencies: list[float], share: float
) -> None:
    counts = histogram.empty()
    for one in latencies:
        counts[histogram.bucket_of(one)] += 1
    told = histogram.quantile(counts, share)
    assert told is not None
    reached = sum(one <= told for one in latencies)
    if told < histogram.BOUNDS[-1]:
        assert reached >= share * len(latencies)
    below = [bound for bound in histogram.BOUNDS if bound < told]
    if below:
        assert sum(one <= below[-1] for one in latencies) < share * len(latencies)
