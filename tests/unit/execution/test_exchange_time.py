"""Nonces and expiries go by the exchange's time, whatever this machine says (O7)."""

import pytest

from threet.execution.exchange_time import ExchangeTime

TOLD_MS, DAY_MS = 1_790_000_000_000, 86_400_000
TIME = ExchangeTime(TOLD_MS, asked_at=100.0, answered_at=100.5)


@pytest.mark.parametrize("off_ms", [0, 4_000, -4_000, 300_000])
def test_a_clock_that_is_near_the_exchanges_is_believed(off_ms: int) -> None:
    ours_ms = TOLD_MS + 10_000 + off_ms
    assert TIME.held(ours_ms, 110.5) == ours_ms


@pytest.mark.parametrize("off_ms", [DAY_MS, -DAY_MS, 700_000, -10_000])
def test_o7_a_clock_that_leaped_is_held_to_what_the_exchanges_can_be(
    off_ms: int,
) -> None:
    held = TIME.held(TOLD_MS + 10_000 + off_ms, 110.5)
    assert TOLD_MS + 10_000 <= held <= TOLD_MS + 10_500
