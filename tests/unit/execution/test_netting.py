"""Runs that want the same product are one wish, and the nearer protection counts."""

from decimal import Decimal

from threet.execution.netting import net
from threet.model.decisions import Granted
from threet.ports.decision_store import StandingTarget


def standing(run: str, quantity: str, **more: str) -> StandingTarget:
    prices = {name: Decimal(text) for name, text in more.items()}
    granted = Granted(symbol="BTC", quantity=Decimal(quantity), **prices)
    return StandingTarget(
        run=run, granted=granted, decision_id=f"{run}/1", at_ms=len(run)
    )


def test_one_run_alone_owns_its_wish() -> None:
    wanted = net([standing("trend", "0.5")])["BTC"]
    assert (wanted.run, wanted.decision_id) == ("trend", "trend/1")


def test_runs_add_up_and_nobody_owns_the_sum() -> None:
    wanted = net([standing("trend", "0.5"), standing("reversion", "-0.2")])["BTC"]
    assert (wanted.granted.quantity, wanted.run) == (Decimal("0.3"), "")
    assert wanted.decision_id == "reversion/1"


def test_the_nearer_protection_counts_on_both_sides() -> None:
    long = net(
        [
            standing("a", "1", stop_loss="90", take_profit="130"),
            standing("b", "1", stop_loss="95", take_profit="120"),
        ]
    )["BTC"].granted
    assert (long.stop_loss, long.take_profit) == (Decimal(95), Decimal(120))
    short = net(
        [standing("a", "-1", stop_loss="110"), standing("b", "-1", stop_loss="105")]
    )["BTC"].granted
    assert short.stop_loss == Decimal(105)
