"""Each gate refuses what it is for, tells its numbers, and lets every exit pass."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threet.risk.gates import GATES, judge
from threet.risk.limits import Group, Limits
from threet.risk.situation import Proposal, Seen, Situation

LIMITS = Limits(
    groups={"majors": Group(frozenset({"BTC", "ETH"}), Decimal(20_000))},
)
CALM = Situation(
    equity=Seen(Decimal(10_000), 1_000),
    peak_equity=Decimal(10_500),
    day_equity=Decimal(10_100),
    positions={"BTC": Decimal("0.05")},
    prices={"BTC": Seen(Decimal(100_000), 100), "ETH": Seen(Decimal(4_000), 100)},
)
MORE = Proposal(symbol="BTC", change=Decimal("0.05"), price=Decimal(100_000))
LESS = Proposal(symbol="BTC", change=Decimal("-0.05"), price=Decimal(100_000))


def refusals(
    proposal: Proposal = MORE, situation: Situation = CALM, limits: Limits = LIMITS
) -> Mapping[str, str]:
    judged = judge(proposal, situation, limits)
    return {one.gate: one.reason for one in judged.verdicts if not one.passed}


def test_what_is_within_every_limit_is_approved_by_each_gate() -> None:
    judged = judge(MORE, CALM, LIMITS)
    assert judged.is_approved
    assert [one.gate for one in judged.verdicts] == list(GATES)


_WORKING = {"BTC": (Decimal("0.2"), Decimal(0))}
_CASES: list[tuple[str, dict[str, Any]]] = [
    ("halt", {"halted": "kill switch"}),
    ("synced", {"is_synced": False}),
    ("unread", {"unread": {"xyz"}}),
    ("listed", {"delisted": {"BTC"}}),
    ("post_only", {"is_post_only": True}),
    ("price", {"prices": {}}),
    ("price", {"prices": {"BTC": Seen(Decimal(100_000), 10_001)}}),
    ("price", {"prices": {"BTC": Seen(Decimal(90_000), 100)}}),
    ("day_size", {"notional_today": Decimal(199_000)}),
    ("order_rate", {"orders_last_minute": 60}),
    ("position_size", {"positions": None}),
    ("position_size", {"working": _WORKING}),
    ("exposure", {"equity": None}),
    ("exposure", {"equity": Seen(Decimal(10_000), 120_001)}),
    ("exposure", {"equity": Seen(Decimal(3_000), 100)}),
    ("daily_loss", {"day_equity": Decimal(10_600)}),
    ("daily_loss", {"day_equity": None}),
    ("drawdown", {"peak_equity": Decimal(12_600)}),
    ("drawdown", {"peak_equity": None}),
    ("liquidation", {"liquidation_prices": {"BTC": Decimal(91_000)}}),
]


@pytest.mark.parametrize(
    ("gate", "change"), _CASES, ids=[f"{g}-{'-'.join(c)}" for g, c in _CASES]
)
def test_each_gate_refuses_more_risk_and_lets_an_exit_pass(
    gate: str, change: dict[str, Any]
) -> None:
    situation = replace(CALM, **change)
    assert refusals(situation=situation).get(gate, "") != ""
    if situation.positions is not None:
        assert judge(LESS, situation, LIMITS).is_approved


def test_the_size_of_an_order_is_bounded() -> None:
    large = replace(MORE, change=Decimal("0.11"))
    assert "order_size" in refusals(large)


def test_symbols_that_move_together_count_as_one() -> None:
    held = {"BTC": Decimal("0.1"), "ETH": Decimal("2.4")}
    situation = replace(CALM, positions=held, equity=Seen(Decimal(100_000), 1))
    assert "majors" in refusals(situation=situation)["exposure"]


def test_b4_a_price_that_is_missing_anywhere_stops_new_risk() -> None:
    """F63, F41: an unknown price is not 0, and a position in it is not nothing."""
    situation = replace(CALM, positions={"BTC": Decimal(0), "SOL": Decimal(5)})
    assert "SOL" in refusals(situation=situation)["exposure"]


def test_what_would_turn_a_position_is_no_exit() -> None:
    turn = replace(LESS, change=Decimal("-0.06"))
    assert not turn.is_exit(CALM)
    twice = replace(CALM, working={"BTC": (Decimal(0), Decimal("0.01"))})
    assert LESS.is_exit(CALM)
    assert not LESS.is_exit(twice)


def test_what_the_exchange_lets_only_reduce_passes_whatever_is_known() -> None:
    """A stop beside a quote of its side; a way out while fills and positions differ."""
    working = {"BTC": (Decimal(0), Decimal("0.01"))}
    twice = replace(CALM, working=working, halted="kill switch")
    nothing = Situation(is_synced=False, halted="kill switch")
    for situation in (twice, nothing):
        assert judge(replace(LESS, only_reduces=True), situation, LIMITS).is_approved
        assert not judge(LESS, situation, LIMITS).is_approved


def test_f67_a_drawdown_is_told_with_its_numbers() -> None:
    situation = replace(CALM, peak_equity=Decimal(20_000))
    assert refusals(situation=situation)["drawdown"].startswith("lost 50.00%")


_amounts = st.decimals("-2", "2", places=3)


@given(position=_amounts, change=_amounts, bought=_amounts, sold=_amounts)
def test_an_exit_never_makes_a_position_larger_nor_turns_it(
    position: Decimal, change: Decimal, bought: Decimal, sold: Decimal
) -> None:
    situation = replace(
        CALM,
        positions={"BTC": position},
        working={"BTC": (abs(bought), abs(sold))},
        halted="everything",
    )
    proposal = Proposal(symbol="BTC", change=change, price=Decimal(100_000))
    if judge(proposal, situation, LIMITS).is_approved:
        worst = situation.worst("BTC", change)
        assert worst is not None
        assert abs(worst) < abs(position)
        assert worst * position >= 0
