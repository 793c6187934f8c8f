"""Why things were done, on every database: each event decides once, memory survives."""

from decimal import Decimal

import pytest

from tests.contract.conftest import OpenDatabase
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.model.decisions import Decision, Granted, Input
from threet.model.targets import Target

NOW_MS = 1_790_000_000_000


@pytest.fixture(params=["sqlite", "mariadb"])
def store(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> SqlDecisionStore:
    made = SqlDecisionStore(open_database(request.param))
    assert made.begin("trend", "ema_trend", "{}", NOW_MS) is None
    return made


def a_decision(number: int, symbol: str = "kPEPE", *, holds: bool = False) -> Decision:
    granted = Granted(
        symbol=symbol, quantity=Decimal(-number), stop_loss=Decimal("1.5")
    )
    return Decision(
        decision_id=f"trend/candle {symbol} 1h {number}",
        run="trend",
        event=f"candle {symbol} 1h {number}",
        at_ms=NOW_MS + number,
        because="ünïcode: fast above slow",
        inputs=(Input(name="equity", value=None, age_ms=None),),
        values={"fast": 1.5, "is_up": True, "word": "x"},
        targets=() if holds else (Target(symbol=symbol, amount=Decimal("0.5")),),
        granted=() if holds else (granted,),
    )


def test_a_decision_is_told_again_as_it_was(store: SqlDecisionStore) -> None:
    store.record(a_decision(1), {})
    assert store.why("kPEPE", 5) == [a_decision(1)]
    assert store.why("KPEPE", 5) == []  # F71


def test_the_newest_come_first_and_a_moment_can_be_asked_for(
    store: SqlDecisionStore,
) -> None:
    for number in (1, 2, 3):
        store.record(a_decision(number), {})
    assert [one.at_ms - NOW_MS for one in store.why("kPEPE", 2)] == [3, 2]
    assert store.why("kPEPE", 5, until_ms=NOW_MS + 1) == [a_decision(1)]


def test_a_hold_is_found_by_the_symbol_of_its_event(store: SqlDecisionStore) -> None:
    store.record(a_decision(1, holds=True), {})
    assert store.why("kPEPE", 1)[0].granted == ()
    assert store.targets() == []


def test_an_event_delivered_twice_decides_once(store: SqlDecisionStore) -> None:
    assert store.record(a_decision(1), {"side": 1})
    assert not store.record(a_decision(1), {"side": 2})
    assert store.begin("trend", "ema_trend", "{}", NOW_MS) == {"side": 1}


def test_a_run_wants_what_it_decided_last_and_a_hold_changes_nothing(
    store: SqlDecisionStore,
) -> None:
    store.record(a_decision(1), {})
    store.record(a_decision(2), {})
    store.record(a_decision(3, holds=True), {})
    (standing,) = store.targets()
    assert standing.granted == a_decision(2).granted[0]
    assert standing.decision_id == a_decision(2).decision_id


def test_other_parameters_begin_anew_and_want_nothing(store: SqlDecisionStore) -> None:
    store.record(a_decision(1), {"side": 1})
    assert store.begin("trend", "ema_trend", '{"fast": 3}', NOW_MS) is None
    assert store.targets() == []


def test_an_ended_run_wants_nothing(store: SqlDecisionStore) -> None:
    store.record(a_decision(1), {})
    store.end("trend")
    assert store.targets() == []


@pytest.mark.parametrize(
    ("number", "is_out"),
    [(10, True), (20, False), (3_600_000, True)],
    ids=["wanted before the stop", "wanted after it", "by a clock that was ahead"],
)
def test_a_stop_ends_what_was_wanted_until_it(
    store: SqlDecisionStore, number: int, *, is_out: bool
) -> None:
    store.record(a_decision(number), {})
    stop = Decision(
        decision_id="gateway/fill kPEPE 7",
        run="gateway",
        event="fill kPEPE 7",
        at_ms=NOW_MS + 30,
        because="its stop loss was filled",
    )
    assert store.stop_out("kPEPE", NOW_MS + 15, stop)
    (target,) = store.targets()
    wanted = Decimal(0) if is_out else Decimal(-number)
    assert target.granted.quantity == wanted
    assert not store.stop_out("kPEPE", NOW_MS + 99, stop)
