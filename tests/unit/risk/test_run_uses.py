"""How much a run uses of its own limits; what is not known is None, and says why."""

from dataclasses import replace
from decimal import Decimal

from threet.risk.run_gates import RunLimits
from threet.risk.run_uses import run_uses


def test_a_runs_own_limits_are_told_where_it_has_some() -> None:
    own = RunLimits(most_position=Decimal(100), most_loss=Decimal(50))
    holds = {"BTC": Decimal(-80), "ETH": Decimal(20)}
    told = {one.name: one.used for one in run_uses(holds, Decimal(-5), own)}
    assert told == {"most_position": Decimal(80), "most_loss": Decimal(5)}
    (gross,) = run_uses(holds, Decimal(5), RunLimits(most_gross=Decimal(1)))
    assert gross.used == Decimal(100)
    unknown = run_uses({"BTC": None}, None, replace(own, most_gross=Decimal(1)))
    assert [one.used for one in unknown] == [None, None, None]
    assert all(one.reason for one in unknown)
    assert run_uses({}, None, RunLimits()) == []
