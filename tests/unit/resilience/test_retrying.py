"""Which errors are worth another try, and when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threet.model.errors import (
    BudgetSpentError,
    CircuitOpenError,
    DependencyError,
    FailureKind,
    InvalidValueError,
    MalformedAnswerError,
    RateLimitedError,
    RefusedByExchangeError,
    UnknownSymbolError,
    UnreachableError,
)
from threet.resilience.retrying import Retrying, Verdict, kind_of, verdict

TIMEOUT = UnreachableError("meta", "timeout", FailureKind.TIMEOUT)


@pytest.mark.parametrize(
    ("error", "expected", "kind"),
    [
        (TIMEOUT, Verdict.FAILED, FailureKind.TIMEOUT),
        (MalformedAnswerError("meta", "x"), Verdict.FAILED, FailureKind.MALFORMED),
        (RateLimitedError("meta", 7), Verdict.TOO_FAST, FailureKind.RATE_LIMIT),
        (BudgetSpentError("meta", 7), Verdict.TOO_FAST, FailureKind.RATE_LIMIT),
        (RefusedByExchangeError("meta", "no"), Verdict.ANSWERED, None),
        (UnknownSymbolError("X"), Verdict.ANSWERED, None),
        (CircuitOpenError("meta", "reads", 3), Verdict.OURS, None),
        (DependencyError("redis", "down"), Verdict.OURS, None),
        (InvalidValueError("a", "b", 1), Verdict.OURS, None),
        (KeyboardInterrupt(), Verdict.OURS, None),
    ],
)
def test_each_error_has_its_verdict_and_kind(
    error: BaseException, expected: Verdict, kind: FailureKind | None
) -> None:
    assert (verdict(error), kind_of(error)) == (expected, kind)


@given(st.integers(0, 2**64))
def test_failures_wait_1_2_4_seconds_less_up_to_half(seed: int) -> None:
    retrying = Retrying(waits_secs=(1, 2, 4), seed=seed, started_at=0)
    for step in (1, 2, 4):
        wait = retrying.after(TIMEOUT, 0)
        assert wait is not None
        assert step / 2 <= wait <= step
    assert retrying.after(TIMEOUT, 0) is None


def test_the_same_seed_waits_as_long() -> None:
    waits = {
        Retrying(waits_secs=(1,), seed=7, started_at=0).after(TIMEOUT, 0)
        for _ in range(3)
    }
    assert len(waits) == 1


def test_f36_a_rate_limit_waits_as_told_and_uses_up_no_try() -> None:
    retrying = Retrying(waits_secs=(1, 2, 4), seed=1, started_at=0)
    assert retrying.after(RateLimitedError("meta", 7.5), 0) == 7.5
    assert retrying.tries == 0


@pytest.mark.parametrize("error", [TIMEOUT, RateLimitedError("meta", 3)])
def test_no_try_begins_beyond_the_patience(error: Exception) -> None:
    retrying = Retrying(waits_secs=(4, 4), seed=1, started_at=100, patience_secs=30)
    assert retrying.after(error, 129.5) is None


@pytest.mark.parametrize(
    "error", [RefusedByExchangeError("meta", "no"), UnknownSymbolError("X")]
)
def test_what_was_refused_is_not_asked_again(error: Exception) -> None:
    assert Retrying(waits_secs=(1,), seed=1, started_at=0).after(error, 0) is None
