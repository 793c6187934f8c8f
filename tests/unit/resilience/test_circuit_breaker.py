"""A breaker opens after failures in a row and lets one trial through."""

from hypothesis import given
from hypothesis import strategies as st

from threet.resilience.circuit_breaker import (
    BreakerState,
    CircuitBreaker,
    Denied,
    Permit,
)


def permit(breaker: CircuitBreaker, now: float) -> Permit:
    answer = breaker.admit(now)
    assert isinstance(answer, Permit)
    return answer


def opened(now: float = 0.0) -> CircuitBreaker:
    breaker = CircuitBreaker()
    for _ in range(5):
        breaker.failed(permit(breaker, now), now)
    assert breaker.state is BreakerState.OPEN
    return breaker


def test_the_fifth_failure_in_a_row_opens_it() -> None:
    breaker = CircuitBreaker()
    for _ in range(4):
        breaker.failed(permit(breaker, 0), 0)
    assert breaker.state is BreakerState.CLOSED
    breaker.failed(permit(breaker, 0), 0)
    assert breaker.admit(1) == Denied(299)


def test_a_success_starts_the_row_anew() -> None:
    breaker = CircuitBreaker()
    for _ in range(4):
        breaker.failed(permit(breaker, 0), 0)
    breaker.succeeded(permit(breaker, 0), 0)
    for _ in range(4):
        breaker.failed(permit(breaker, 0), 0)
    assert breaker.state is BreakerState.CLOSED


def test_after_five_minutes_exactly_one_is_tried() -> None:
    breaker = opened()
    assert isinstance(breaker.admit(299.9), Denied)
    assert permit(breaker, 300).is_trial
    assert isinstance(breaker.admit(300), Denied)


def test_a_trial_that_succeeds_closes_it_and_one_that_fails_opens_it_anew() -> None:
    breaker = opened()
    breaker.failed(permit(breaker, 300), 301)
    assert breaker.admit(302) == Denied(299)
    breaker.succeeded(permit(breaker, 601), 602)
    assert breaker.state is BreakerState.CLOSED
    assert not permit(breaker, 602).is_trial


def test_a_trial_that_says_nothing_is_given_to_the_next() -> None:
    breaker = opened()
    breaker.abandoned(permit(breaker, 300))
    assert permit(breaker, 300).is_trial


def test_a_trial_whose_caller_died_lapses() -> None:
    breaker = opened()
    lost = permit(breaker, 300)
    assert isinstance(breaker.admit(599), Denied)
    second = permit(breaker, 600)
    breaker.succeeded(lost, 601)  # too late: another is on its way
    assert isinstance(breaker.admit(601), Denied)
    breaker.succeeded(second, 602)
    assert not permit(breaker, 602).is_trial


def test_what_began_before_it_opened_says_nothing_afterwards() -> None:
    breaker = CircuitBreaker()
    early = [permit(breaker, 0) for _ in range(8)]
    for one in early[:5]:
        breaker.failed(one, 1)
    breaker.succeeded(early[5], 2)
    breaker.failed(early[6], 200)
    assert breaker.admit(201) == Denied(100)


def test_an_exchange_seen_to_answer_brings_the_trial_forward() -> None:
    breaker = opened()
    breaker.recovered(9)
    assert breaker.state is BreakerState.OPEN  # it may have answered just before
    breaker.recovered(10)
    assert permit(breaker, 10).is_trial


def test_each_trial_that_fails_all_the_same_doubles_the_wait_for_the_next() -> None:
    breaker, now, waits = opened(), 0.0, []
    for _ in range(4):
        began = now
        while not breaker.may_recover(now):
            now += 1
        waits.append(now - began)
        breaker.recovered(now)
        breaker.failed(permit(breaker, now), now)
    assert waits == [10, 20, 40, 80]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["failed", "succeeded", "abandoned", "recovered"]),
            st.floats(0, 400),
        ),
        max_size=60,
    )
)
def test_an_open_breaker_always_opens_the_way_again(
    steps: list[tuple[str, float]],
) -> None:
    """Law: whatever happened, after the reset and a lapsed trial one is admitted."""
    breaker, now, held = CircuitBreaker(), 0.0, list[Permit]()
    for step, secs in steps:
        now += secs
        answer = breaker.admit(now)
        if isinstance(answer, Permit):
            held.append(answer)
        match step:
            case "recovered":
                breaker.recovered(now)
            case "failed" if held:
                breaker.failed(held.pop(), now)
            case "succeeded" if held:
                breaker.succeeded(held.pop(), now)
            case "abandoned" if held:
                breaker.abandoned(held.pop())
    now += 300
    first = breaker.admit(now)
    now += 300
    assert isinstance(first, Permit) or isinstance(breaker.admit(now), Permit)
