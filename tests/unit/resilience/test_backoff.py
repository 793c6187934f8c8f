"""Waits that grow, stay bounded, spread, and repeat in a replay."""

from hypothesis import given
from hypothesis import strategies as st

from threet.resilience.backoff import Backoff


@given(st.integers(0, 2**63), st.integers(1, 60))
def test_each_wait_lies_within_its_step(seed: int, tries: int) -> None:
    backoff = Backoff(first_secs=1, most_secs=8, seed=seed)
    for number in range(tries):
        step = min(8, 2**number)
        assert step / 2 <= backoff.failed() <= step


def test_a_success_starts_anew() -> None:
    backoff = Backoff(first_secs=1, most_secs=8)
    for _ in range(5):
        backoff.failed()
    backoff.succeeded()
    assert backoff.failed() <= 1


def test_the_same_seed_waits_alike_and_another_does_not() -> None:
    def waits(seed: int) -> list[float]:
        backoff = Backoff(seed=seed)
        return [backoff.failed() for _ in range(5)]

    assert waits(3) == waits(3)
    assert waits(3) != waits(4)
