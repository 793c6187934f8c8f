"""The hourly rate follows the documented rule."""

import pytest

from hlsim.core.funding import SCALE, hourly_rate, premium_of


@pytest.mark.parametrize(
    ("premium", "rate"),
    [
        (0, 125_000),  # the baseline: 0.0001 / 8 = 0.0000125
        (SCALE // 2000, 125_000),  # 0.0005 is pulled back to 0.0001
        (SCALE // 1000, 625_000),  # 0.001 - 0.0005, an eighth of it
        (-SCALE // 1000, -625_000),
        (SCALE, 4 * SCALE // 100),  # never more than 4 %
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
        (1001, 1003, SCALE // 1000),  # the bid is above it
        (990, 998, -SCALE // 500),  # the ask is below it
    ],
)
def test_a_premium_is_how_far_impact_prices_are_off_the_oracle(
    bid: int, ask: int, premium: int
) -> None:
    assert premium_of(bid, ask, 1000) == premium
