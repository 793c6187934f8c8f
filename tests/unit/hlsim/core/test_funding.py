"""The hourly rate follows the documented rule."""

import pytest

from hlsim.core.funding import hourly_rate, premium_of
from hlsim.core.numbers import RATE_SCALE


@pytest.mark.parametrize(
    ("premium", "rate"),
    [
        (0, 125_000),  # the baseline: 0.0001 / 8 = 0.0000125
        (RATE_SCALE // 2000, 125_000),  # 0.0005 is pulled back to 0.0001
        (RATE_SCALE // 1000, 625_000),  # 0.001 - 0.0005, an eighth of it
        (-RATE_SCALE // 1000, -625_000),
        (RATE_SCALE, 4 * RATE_SCALE // 100),  # never more than 4 %
    ],
)
def test_the_hourly_rate_is_an_eighth_of_the_clamped_one(
    premium: int, rate: int
) -> None:
    assert hourly_rate(premium) == rate


@pytest.mark.parametrize(
    ("bid", "ask", "premium"),
    [
        (999, 1001, 0),  # the oracle is between them
        (1001, 1003, RATE_SCALE // 1000),  # the bid is above it
        (990, 998, -RATE_SCALE // 500),  # the ask is below it
    ],
)
def test_a_premium_is_how_far_impact_prices_are_off_the_oracle(
    bid: int, ask: int, premium: int
) -> None:
    assert premium_of(bid, ask, 1000) == premium
