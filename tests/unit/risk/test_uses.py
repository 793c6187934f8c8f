"""How much of each limit is used: by the gates' own numbers, and unknown is None."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.risk.test_gates import CALM, LIMITS, refusals
from threet.risk.limits import Limits
from threet.risk.situation import Proposal, Seen, Situation
from threet.risk.uses import Use, uses


def found(
    situation: Situation = CALM, largest: Decimal | None = Decimal(4_000)
) -> dict[str, Use]:
    return {one.name: one for one in uses(situation, LIMITS, largest)}


def test_every_limit_is_told() -> None:
    named = {one.name for one in fields(Limits)} - {"groups"}
    assert found().keys() == named | {"groups.majors"}


def test_each_use_is_the_number_its_gate_judges_by() -> None:
    used = {name: one.used for name, one in found().items()}
    assert used == {
        "most_order_notional": Decimal(4_000),
        "most_day_notional": Decimal(0),
        "most_position_notional": Decimal(5_000),
        "most_gross": Decimal("0.5"),
        "most_net": Decimal("0.5"),
        "price_band": None,  # of each order
        "most_price_age_ms": Decimal(100),
        "most_account_age_ms": Decimal(1_000),
        "most_orders_a_minute": Decimal(0),
        "most_daily_loss": Decimal(100) / Decimal(10_100),
        "most_drawdown": Decimal(500) / Decimal(10_500),
        "least_liquidation_distance": None,  # nothing can be liquidated
        "groups.majors": Decimal(5_000),
    }
    idle = {name for name, one in found().items() if not one.applies}
    assert idle == {"price_band", "least_liquidation_distance"}
    assert all(one.reason for one in found().values() if one.used is None)


def test_where_nothing_is_risked_nothing_is_unknown() -> None:
    calm = replace(CALM, positions={}, prices={}, liquidation_prices={})
    told = found(calm, largest=None)
    assert [
        name for name, one in told.items() if one.applies and one.used is None
    ] == []
    assert told["most_gross"].used == 0
    assert not told["most_price_age_ms"].applies


def test_working_orders_count() -> None:
    working = {"BTC": (Decimal("0.01"), Decimal("0.2"))}
    one = found(replace(CALM, working=working))["most_position_notional"]
    assert one.used == Decimal(15_000)  # all sold: 0.15 short


def test_the_nearest_liquidation_counts_and_a_nearer_one_uses_more() -> None:
    ends = {"BTC": Decimal(80_000), "ETH": Decimal(3_600)}
    one = found(replace(CALM, liquidation_prices=ends))["least_liquidation_distance"]
    assert (one.used, one.share, one.reason) == (Decimal("0.1"), Decimal(1), "ETH")


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (
            {"positions": None},
            "most_position_notional most_gross most_net groups.majors",
        ),
        ({"is_synced": False}, "most_position_notional most_gross most_net"),
        ({"prices": {}}, "most_position_notional most_gross most_price_age_ms"),
        (
            {"prices": {"BTC": Seen(Decimal(100_000), 10_001)}},
            "most_position_notional most_net groups.majors",
        ),
        ({"equity": None}, "most_gross most_account_age_ms most_daily_loss"),
        ({"equity": Seen(Decimal(0), 120_001)}, "most_net most_daily_loss"),
        ({"equity": Seen(Decimal(0), 0)}, "most_gross most_net"),
        (
            {"day_equity": None, "peak_equity": Decimal(0)},
            "most_daily_loss most_drawdown",
        ),
        (
            {"liquidation_prices": {"ETH": Decimal(1)}, "prices": {}},
            "least_liquidation_distance",
        ),
    ],
)
def test_f51_an_unknown_input_makes_the_use_unknown_and_never_0(
    change: dict[str, Any], names: str
) -> None:
    told = found(replace(CALM, **change))
    for name in names.split():
        assert told[name].used is None, name
        assert told[name].applies
        assert told[name].share is None
        assert told[name].reason


@given(held=st.decimals("-5", "5", places=3), price=st.integers(90_000, 110_000))
def test_beyond_a_limit_the_gate_refuses_what_adds(held: Decimal, price: int) -> None:
    """What is shown as used up is what no order is added to."""
    situation = replace(
        CALM, positions={"BTC": held}, prices={"BTC": Seen(Decimal(price), 1)}
    )
    share = found(situation)["most_gross"].share
    assert share is not None
    more = Decimal("0.0001") if held >= 0 else Decimal("-0.0001")
    adds = Proposal(symbol="BTC", change=more, price=Decimal(price))
    if share > 1:
        assert "exposure" in refusals(adds, situation)
