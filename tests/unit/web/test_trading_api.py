"""Trading in the API: decided, sent, filled, risked, halted."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.servers import free_port
from tests.system.web.scripted import ADDRESS, FIRST, Script
from tests.system.web.served import Served
from tests.system.web.traded import Traded, a_report, a_spec
from threet.model.intents import IntentState
from threet.model.money import EquityCheck
from threet.model.orders import Trigger, TriggerKind
from threet.web.trading_desk import thinned


class Told:
    """A server on a script of trading, at one instant."""

    def __init__(self, served: Served, traded: Traded) -> None:
        self.served, self.traded = served, traded
        self.now_ms = served.script.clock.now_ms()

    def get(self, path: str, status: int = 200) -> Any:
        return self.served.get(f"/api/{path}", status)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    script = Script(port=free_port(), symbols=FIRST[:3], bars=5)
    traded = Traded(tmp_path_factory.mktemp("trading"), ADDRESS)
    script.parts = replace(script.parts, trading=traded.parts)
    with Served(script) as served:
        yield Told(served, traded)
    traded.database.close()


@pytest.fixture
def told(running: Told) -> Told:
    """One server for all: nothing is traded yet, and every price is old."""
    clock = running.served.script.clock
    clock.ahead_ms += 200_000
    running.served.script.record_account()
    running.traded.forget()
    running.traded.begin(clock.now_ms() - 1_000)
    return Told(running.served, running.traded)


def test_a_decision_is_told_whole_and_unknown_is_null(told: Told) -> None:
    told.traded.decide("BTC", told.now_ms, "0.15", stop_loss="63000.5")
    (one,) = told.get("decisions?symbol=BTC")["decisions"]
    assert one["because"] == "the fast average is above the slow one"
    assert one["inputs"][0] == {"name": "price BTC", "value": "64250.5", "age_ms": 412}
    assert one["inputs"][1] == {"name": "equity", "value": None, "age_ms": None}
    assert one["values"] == {"fast": 64251.25, "slow": 64012.5, "is_up": True}
    assert one["granted"] == [
        {"symbol": "BTC", "quantity": "0.15", "stop_loss": "63000.5",
         "take_profit": None}
    ]  # fmt: skip
    refused = one["verdicts"][1]
    assert (refused["passed"], refused["reason"]) == (False, "gross 3.1, 3 at most")
    assert told.get("decisions?symbol=ETH")["decisions"] == []


def test_pages_follow_each_other_without_a_gap(told: Told) -> None:
    for back in range(5):
        told.traded.decide("BTC", told.now_ms - back, None)
        told.traded.decide("BTC", told.now_ms - back, None, run="reversion")
    found, path = [], "decisions?limit=3"
    more: str | None = ""
    while more is not None:
        answer = told.get(path + (f"&before={more}" if more else ""))
        found += [one["decision_id"] for one in answer["decisions"]]
        more = answer["next"]
    assert len(found) == len(set(found)) == 10
    assert [one.split()[-1] for one in found] == sorted(
        (one.split()[-1] for one in found), reverse=True
    )
    assert len(told.get("decisions?run=reversion")["decisions"]) == 5


@pytest.mark.parametrize(
    "path",
    [
        "decisions?limit=0",
        "decisions?limit=1001",
        "decisions?since_ms=-1",
        "decisions?symbol=",
        "decisions?before=x",
        "fills?before=5~x",
        "fills?before=99999999999999999999~5",
        "equity?points=1",
    ],
)
def test_a_parameter_out_of_its_range_is_refused_in_words(
    told: Told, path: str
) -> None:
    assert told.get(path, 422)["error"]


def test_a_fill_has_its_run_and_every_digit(told: Told) -> None:
    spec = a_spec("BTC", "0.15", "64300")
    intent = told.traded.send("tactical-trend/1/0", told.now_ms, spec)
    of_btc = {"symbol": "BTC", "price": "64251.123456789"}
    told.traded.fill(intent, 5, told.now_ms, change="0.1", **of_btc)
    told.traded.fill(None, 6, told.now_ms, change="-0.05", **of_btc)
    nobodys, mine = told.get("fills?symbol=BTC")["fills"]
    assert (mine["run"], nobodys["run"]) == ("tactical-trend", None)
    assert (mine["side"], mine["quantity"]) == ("buy", "0.1")
    assert mine["price"] == "64251.123456789"
    assert nobodys["side"] == "sell"
    (run,) = [one for one in told.get("runs")["runs"] if one["positions"]]
    assert run["name"] == "tactical-trend"
    (held,) = run["positions"]
    assert (held["quantity"], held["entry_price"]) == ("0.1", "64251.123456789")
    assert Decimal(run["pnl"]["fees"]) == Decimal("0.289113")


def test_profit_is_told_by_run_product_and_day_and_unknown_is_null(told: Told) -> None:
    intent = told.traded.send("a/1/0", told.now_ms, a_spec("BTC", "0.2", "101"))
    told.traded.fill(
        intent, 1, told.now_ms - 2, symbol="BTC", change="0.2", price="100"
    )
    told.traded.fill(
        None, 2, told.now_ms - 1, symbol="BTC", change="-0.1", price="110",
        before="0.2", closed_pnl="1",
    )  # fmt: skip
    rows = {row["key"]: row for row in told.get("pnl?by=run")["rows"]}
    assert rows["tactical-trend"]["unrealized"] is None  # no mark price yet
    assert rows["tactical-trend"]["net"] is None
    (limit,) = told.get("runs")["runs"][1]["limits"]
    assert (limit["name"], limit["used"]) == ("most_gross", None)
    told.served.call(told.served.script.set_price("BTC", "130"))
    (limit,) = told.get("runs")["runs"][1]["limits"]
    assert (limit["used"], limit["limit"]) == ("26", "5000")
    answer = told.get("pnl?by=product")
    (btc,) = answer["rows"]
    assert (btc["key"], btc["realized"]) == ("BTC", "1")
    assert Decimal(btc["unrealized"]) == 3
    assert Decimal(btc["fees"]) == Decimal("0.578226")
    assert Decimal(btc["net"]) == Decimal("3.421774")
    assert answer["total"] == {**btc, "key": "total"}
    (day,) = told.get("pnl?by=day")["rows"]
    assert (day["realized"], day["unrealized"], day["fills"]) == ("1", None, 2)
    told.served.script.clock.ahead_ms += 60_000
    (btc,) = told.get("pnl?by=product")["rows"]
    assert btc["unrealized"] is None  # the mark price is old
    told.get("pnl?by=week", 422)


def test_working_orders_are_missing_until_somebody_looked_then_they_age(
    told: Told,
) -> None:
    answer = told.get("orders")
    assert (answer["state"], answer["working"], answer["as_of_ms"]) == (
        "missing", None, None
    )  # fmt: skip
    stop = Trigger(kind=TriggerKind.STOP_LOSS, price=Decimal("63000.5"))
    spec = a_spec("BTC", "-0.15", "62000", reduce_only=True, trigger=stop)
    intent = told.traded.send("tactical-trend/1/stop", told.now_ms, spec)
    strange = a_report(intent, told.now_ms, oid=901, cloid=None)
    told.traded.see(told.now_ms, a_report(intent, told.now_ms), strange)
    answer = told.get("orders")
    assert answer["state"] == "fresh"
    mine, other = answer["working"]
    assert (mine["run"], mine["trigger_price"]) == ("tactical-trend", "63000.5")
    assert other["run"] is None
    told.served.script.clock.ahead_ms += 200_000
    answer = told.get("orders")
    assert answer["state"] == "stale"
    assert answer["age_ms"] >= 200_000


def test_an_intent_without_proof_is_unknown(told: Told) -> None:
    spec = a_spec("BTC", "0.15", "64300")
    told.traded.send("a/1/0", told.now_ms, spec, IntentState.OPEN)
    told.traded.send("a/2/0", told.now_ms, spec, IntentState.REFUSED, "no margin")
    answer = told.get("orders")
    (unknown,) = answer["open_intents"]
    assert unknown["state"] == "unknown"
    (refused,) = answer["settled_intents"]
    assert (refused["state"], refused["reason"]) == ("refused", "no margin")


def test_runs_tell_what_they_want_and_whether_they_are_configured(told: Told) -> None:
    told.traded.decide("BTC", told.now_ms, "0.15")
    runs = {run["name"]: run for run in told.get("runs")["runs"]}
    assert [run["is_configured"] for run in runs.values()] == [True, True, False]
    (wanted,) = runs["tactical-trend"]["targets"]
    assert (wanted["symbol"], wanted["quantity"]) == ("BTC", "0.15")
    assert runs["gone"]["parameters"] == {"symbol": "BTC"}


def test_limits_tell_their_use_and_unknown_is_null_with_a_reason(told: Told) -> None:
    told.traded.send("a/1/0", told.now_ms, a_spec("BTC", "0.1", "64000"))
    limits = {one["name"]: one for one in told.get("limits")["limits"]}
    assert limits["most_order_notional"]["used"] == "6400"
    assert limits["most_day_notional"]["share"] == pytest.approx(0.032)
    assert limits["most_orders_a_minute"]["used"] == "1"
    assert limits["most_gross"]["used"] is None
    assert limits["most_gross"]["reason"] == "the working orders are not known"
    told.traded.see(told.now_ms)
    for symbol in ("BTC", "ETH", "kPEPE"):
        told.served.call(told.served.script.set_price(symbol, "100"))
    told.served.get("/api/prices")
    limits = {one["name"]: one for one in told.get("limits")["limits"]}
    # 0.15 + 2.4 + 250000 coins at 100, of an equity of about 25,000.
    assert limits["most_position_notional"]["used"] == "25000000"
    assert limits["most_gross"]["share"] > 300
    assert limits["most_account_age_ms"]["used"] is not None


def test_the_equity_is_a_series_and_missing_without_a_reading(told: Told) -> None:
    answer = told.get("equity")
    assert answer["state"] == "fresh"
    assert len(answer["points"]) >= 61
    assert len(told.get("equity?points=10")["points"]) <= 11
    assert answer["check"] is None
    told.traded.ledger.record_check(
        EquityCheck(
            account_ms=told.now_ms,
            account_value=Decimal("25000.10"),
            deposits=Decimal(25_000),
            realized=Decimal(1),
            funding=Decimal("-0.5"),
            fees=Decimal("0.4"),
            unrealized=Decimal(0),
        )
    )
    check = told.get("equity")["check"]
    assert (check["expected"], check["difference"], check["verdict"]) == (
        "25000.1", "0.0", "holds"
    )  # fmt: skip
    late = told.get(f"equity?since_ms={told.now_ms + 60_000}")
    assert (late["state"], late["points"]) == ("missing", [])


def test_a_thinned_series_keeps_real_readings_and_the_newest() -> None:
    readings = [(at, Decimal(at)) for at in range(0, 1000, 7)]
    for most in (2, 3, 10, 142):
        kept = thinned(readings, most)
        assert len(kept) <= most
        assert set(kept) <= set(readings)
        assert kept[-1] == readings[-1]
    assert thinned(readings, 143) == readings


def test_without_trading_there_is_nothing_to_ask(tmp_path: Path) -> None:
    with Served(Script(port=free_port(), symbols=FIRST[:1], bars=5)) as served:
        assert served.get("/api/decisions", 404)["error"] == "nothing trades here"
        answer = served.get("/api/halts")
        assert (answer["is_halted"], answer["accounts"]) == (False, [])


def test_a_database_that_is_away_is_said_and_nothing_is_made_up(
    tmp_path: Path,
) -> None:
    script = Script(port=free_port(), symbols=FIRST[:1], bars=5)
    traded = Traded(tmp_path, ADDRESS)
    script.parts = replace(script.parts, trading=traded.parts)
    with Served(script) as served:
        traded.database.close()
        (tmp_path / "trading.db").unlink()
        for path in ("decisions", "fills", "orders", "runs", "pnl", "limits", "halts"):
            answer = served.get(f"/api/{path}", 503)
            assert answer["dependency"] == "database", path
    traded.database.close()
