"""How long a worker may consume nothing before it is taken for deaf."""

import pytest

from threet.adapters.memory.clock import ManualClock
from threet.celery_services.silence import Silence, most_secs


def test_c3_f53_a_worker_that_heard_nothing_for_three_canaries_is_deaf() -> None:
    clock = ManualClock(0)
    silence = Silence(clock, 90.0)
    silence.heard()
    clock.advance(90.0)
    assert not silence.is_too_long
    clock.advance(0.1)
    assert silence.is_too_long
    silence.heard()
    assert not silence.is_too_long


def test_a_worker_that_was_never_sent_anything_waits_for_beat() -> None:
    clock = ManualClock(0)
    silence = Silence(clock, 90.0)
    clock.advance(10_000.0)
    assert not silence.is_too_long


@pytest.mark.parametrize(("canary", "borne"), [(30.0, 90.0), (1.0, 20.0), (0.0, None)])
def test_what_is_borne_follows_from_the_canary(
    canary: float, borne: float | None
) -> None:
    assert most_secs(canary) == borne
