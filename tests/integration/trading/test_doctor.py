"""What the doctor finds on an exchange, and that it finds nothing where nothing is."""

import asyncio
import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from hlsim.faults.kinds import (
    ClockSkew,
    Delist,
    ExpireAgent,
    LoseAnswer,
    LoseRequest,
    PostOnly,
    RefuseRequest,
)
from tests.integration.trading.clinic import (
    ACCOUNT,
    AGENT,
    KEY,
    OTHER_KEY,
    OWN_KEY,
    STRANGER,
    Clinic,
    opened,
)
from tests.servers import ValkeyServer, wait_until
from threet.adapters.hyperliquid.signing import Signer
from threet.adapters.redis_streams.address import RedisAddress
from threet.adapters.redis_streams.board import RedisBoard
from threet.adapters.redis_streams.publisher import RedisPublisher
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.sql.ledger_store import SqlLedgerStore
from threet.adapters.sql.trading_store import SqlIntentStore
from threet.bootstrap import processes, run_file
from threet.bootstrap import settings as root
from threet.cli import doctor as command
from threet.model.findings import Health
from threet.model.money import EquityCheck, EquityVerdict
from threet.model.orders import OrderSpec, Side
from threet.ports.halt_store import KILL_SWITCH
from threet.ports.intent_store import Draft


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    with opened(tmp_path) as one:
        yield one


def test_nothing_is_wrong_with_a_funded_account_and_its_agent(clinic: Clinic) -> None:
    clinic.prepare()
    found = clinic.examined()
    assert [one for one in found.values() if one.is_bad] == []
    assert AGENT in found["agent"].what
    assert found["agent's end"].what == "in 90 days"
    assert "equity 1000.00" in found["collateral"].what
    assert "size step" in found["BTC listed"].what
    assert found["BTC price"].health is Health.WARN  # nothing streams here
    assert found["BTC 1m"].health is Health.WARN


def test_an_order_goes_there_and_back_and_leaves_nothing(clinic: Clinic) -> None:
    clinic.prepare()
    trip = clinic.examined(trades=True)["round trip"]
    assert trip.health is Health.OK, trip.what
    assert "gone" in trip.what
    store = processes.database(clinic.settings())
    intents = SqlIntentStore(store, account=ACCOUNT, signer=AGENT)
    assert intents.unsettled() == []
    store.close()
    assert clinic.served.call(lambda exchange: exchange.open.of(ACCOUNT)) == []


def test_the_round_trip_goes_on_when_the_answer_to_its_order_is_lost(
    clinic: Clinic,
) -> None:
    clinic.prepare()
    clinic.strike(LoseAnswer(types=("order",), instead="reset", nth=1))
    assert clinic.examined(trades=True)["round trip"].health is Health.OK


def test_a_lost_order_is_proven_dead_not_sent_again(clinic: Clinic) -> None:
    clinic.prepare()
    clinic.strike(LoseRequest(types=("order",), nth=1))
    trip = clinic.examined(trades=True)["round trip"]
    assert trip.health is Health.FAIL
    assert "its nonce was burned" in trip.what


def test_the_round_trip_rests_even_while_only_resting_orders_are_taken(
    clinic: Clinic,
) -> None:
    clinic.prepare()
    clinic.strike(PostOnly(lasts_ms=60_000))
    assert clinic.examined(trades=True)["round trip"].health is Health.OK


def test_o7_no_order_is_sent_by_a_clock_that_is_wrong(clinic: Clinic) -> None:
    """Its nonce would be of that time, and bar the way to those of the gateway."""
    clinic.prepare()
    clinic.strike(ClockSkew(by_ms=-30_000))
    trip = clinic.examined(trades=True)["round trip"]
    assert trip.health is Health.UNKNOWN
    assert "clock is wrong" in trip.what


def test_without_a_database_no_order_is_sent(clinic: Clinic) -> None:
    trip = clinic.examined(trades=True)["round trip"]
    assert trip.health is Health.UNKNOWN
    assert "`3t db migrate`" in trip.what


def test_f30_an_agents_address_is_told_from_the_accounts(clinic: Clinic) -> None:
    found = clinic.examined(WALLET_ADDRESS=AGENT)
    assert found["address"].health is Health.FAIL
    assert ACCOUNT in found["address"].remedy
    assert found["agent"].is_bad


def test_an_address_that_never_paid_in_is_not_known(clinic: Clinic) -> None:
    found = clinic.examined(WALLET_ADDRESS="0x" + "d" * 40)
    assert found["address"].health is Health.FAIL
    assert found["collateral"].health is Health.FAIL
    assert "0.00" in found["collateral"].what


def test_the_accounts_own_key_is_refused(clinic: Clinic) -> None:
    found = clinic.examined(PRIVATE_KEY=OWN_KEY)["agent"]
    assert found.health is Health.FAIL
    assert "account's own" in found.what


def test_the_accounts_own_key_that_is_forced_is_warned_of(clinic: Clinic) -> None:
    found = clinic.examined(PRIVATE_KEY=OWN_KEY, ALLOW_OWN_KEY="true")["agent"]
    assert found.health is Health.WARN
    assert "could withdraw" in found.what


def test_f33_the_agent_of_another_account_is_found(clinic: Clinic) -> None:
    found = clinic.examined(PRIVATE_KEY=OTHER_KEY)["agent"]
    assert found.health is Health.FAIL
    assert f"agent of {STRANGER}" in found.what


def test_without_a_key_it_only_reads(clinic: Clinic) -> None:
    found = clinic.examined(PRIVATE_KEY="")
    assert found["agent"].health is Health.WARN


def test_f32_an_agent_that_ends_soon_is_told_before(clinic: Clinic) -> None:
    new = "0x" + "8e" * 32
    clinic.approve(Signer(new, "b").address, days=13)
    found = clinic.examined(PRIVATE_KEY=new)
    assert found["agent"].health is Health.OK
    assert found["agent's end"].health is Health.WARN
    assert "13.0 days" in found["agent's end"].what


def test_f32_an_agent_that_has_ended_may_not_trade(clinic: Clinic) -> None:
    clinic.strike(ExpireAgent(user=ACCOUNT, agent=AGENT))
    wait_until(lambda: clinic.examined()["agent"].is_bad, "the agent's end")
    assert "no agent" in clinic.examined()["agent"].what


def test_f34_an_account_that_is_unified_with_spot_is_found(clinic: Clinic) -> None:
    def unify(exchange: object) -> None:
        exchange.dispatcher.abstractions[ACCOUNT] = "unifiedAccount"  # type: ignore[attr-defined]

    clinic.at_exchange(unify)
    found = clinic.examined()
    assert found["account mode"].health is Health.FAIL
    assert found["agent"].health is Health.OK


@pytest.mark.parametrize(
    ("by_ms", "health"), [(-3_000, Health.FAIL), (600, Health.WARN)]
)
def test_o7_clocks_that_differ_are_found(
    clinic: Clinic, by_ms: int, health: Health
) -> None:
    clinic.strike(ClockSkew(by_ms=by_ms))
    # Of a slow answer nobody can say how far the clock is off.
    wait_until(
        lambda: clinic.examined()["clock"].health is health, f"{by_ms} ms of skew"
    )


def test_m1_a_delisted_product_of_a_strategy_is_found(clinic: Clinic) -> None:
    clinic.strike(Delist(coin="BTC"))
    wait_until(lambda: clinic.examined()["BTC listed"].is_bad, "the delisting")
    assert "delisted" in clinic.examined()["BTC listed"].what


def test_a_product_whose_candles_are_not_kept_is_found(clinic: Clinic) -> None:
    clinic.prepare()
    unlisted = clinic.examined(THREET_STRATEGIES=_hold("NOSUCH"))
    assert unlisted["NOSUCH listed"].health is Health.FAIL
    assert "NOSUCH margin" not in unlisted


def test_margin_that_will_be_set_is_told(clinic: Clinic) -> None:
    found = clinic.examined(THREET_EXECUTION__LEVERAGE="3")["BTC margin"]
    assert found.health is Health.OK
    assert "configured cross, 3x: set before its first order" in found.what


def test_an_exchange_that_is_not_there_is_the_first_to_mend(clinic: Clinic) -> None:
    found = clinic.examined(SIMULATOR_URL="http://127.0.0.1:9")
    assert found["exchange"].health is Health.FAIL
    assert found["account"].health is Health.UNKNOWN
    assert "collateral" not in found


def test_requests_that_are_used_up_are_not_taken_for_an_exchange_that_is_away(
    clinic: Clinic,
) -> None:
    clinic.strike(RefuseRequest(types=("exchangeStatus",), status=429))
    found = clinic.examined()["exchange"]
    assert found.health is Health.UNKNOWN
    assert "wait a minute" in found.remedy


def test_strategies_that_are_none_are_found(clinic: Clinic) -> None:
    found = clinic.examined(THREET_STRATEGIES='[{"name": "a", "strategy": "b"}]')
    assert found["strategies"].health is Health.FAIL
    assert found["collateral"].health is Health.OK


def test_what_an_earlier_run_left_is_found(clinic: Clinic) -> None:
    clinic.prepare()
    store, now_ms = processes.database(clinic.settings()), clinic.clock.now_ms()
    SqlHaltStore(store, account=ACCOUNT).halt(KILL_SWITCH, "by hand", now_ms)
    spec = OrderSpec(
        symbol="BTC", side=Side.BUY, quantity=Decimal(1), limit_price=Decimal(1)
    )
    SqlIntentStore(store, account=ACCOUNT, signer=AGENT).prepare(
        [Draft(intent_id="a/0", run="a", spec=spec)], now_ms=now_ms, lives_ms=1000
    )
    SqlLedgerStore(store, account=ACCOUNT).record_check(_difference(now_ms))
    found = clinic.examined()
    assert "by hand" in found["halts"].what
    assert found["halts"].health is Health.FAIL
    assert "1 of BTC" in found["open intents"].what
    assert found["ledger"].health is Health.FAIL
    store.close()


def _difference(now_ms: int) -> EquityCheck:
    zero = Decimal(0)
    return EquityCheck(
        account_ms=now_ms,
        account_value=Decimal(1000),
        deposits=Decimal(990),
        realized=zero,
        funding=zero,
        fees=zero,
        unrealized=zero,
        verdict=EquityVerdict.DIFFERS,
    )


def test_a_running_gateway_keeps_the_doctor_from_trading(
    clinic: Clinic, valkey: ValkeyServer
) -> None:
    clinic.prepare()
    address = RedisAddress(host="127.0.0.1", port=valkey.port, db=0, password=None)

    async def beat() -> None:
        publisher = RedisPublisher(address, {})
        board = RedisBoard(
            publisher=publisher, clock=clinic.clock, name="order_gateway", pid=1
        )
        await board.beat({})
        await publisher.close()

    asyncio.run(beat())
    found = clinic.examined(
        trades=True,
        THREET_REDIS__HOST="127.0.0.1",
        THREET_REDIS__PORT=str(valkey.port),
    )
    assert found["redis"].health is Health.OK
    assert "gateway runs" in found["round trip"].what
    assert "of 1200 left" in found["request budget"].what
    assert found["BTC price"].health is Health.FAIL  # a platform without a price


def test_a_redis_that_is_away_is_found_and_hinders_no_other_check(
    clinic: Clinic,
) -> None:
    found = clinic.examined(THREET_REDIS__HOST="127.0.0.1", THREET_REDIS__PORT="9")
    assert found["redis"].health is Health.FAIL
    assert found["agent"].health is Health.OK


def test_the_command_tells_all_of_it_in_80_columns(
    clinic: Clinic,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clinic.prepare()
    for name, value in clinic.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "80")
    root.config.cache_clear()
    assert command.examine(trades=True, as_json=False, data_dir=None) == 0
    said = capsys.readouterr().out
    assert max(len(line) for line in said.splitlines()) <= 80
    assert "Nothing stands in the way." in said
    assert KEY not in said
    monkeypatch.setenv("THREET_EXCHANGES__HYPERLIQUID__PRIVATE_KEY", OWN_KEY)
    root.config.cache_clear()
    assert command.examine(trades=False, as_json=True, data_dir=None) == 1
    rows = json.loads(capsys.readouterr().out)
    assert {"name", "health", "what", "remedy"} <= set(rows[0])
    assert [one["name"] for one in rows if one["health"] == "fail"] == ["agent"]
    root.config.cache_clear()


def test_beside_a_demo_it_asks_what_the_demo_asks(
    clinic: Clinic,
    valkey: ValkeyServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its exchange may have any port, its runs and its key are in no file."""
    clinic.prepare()
    monkeypatch.chdir(clinic.folder)  # nothing is configured here
    environment = clinic.environment()
    key = "THREET_EXCHANGES__HYPERLIQUID__PRIVATE_KEY"
    note = run_file.RunNote(
        pid=os.getpid(),
        page_url="",
        redis_port=valkey.port,
        redis_password="",
        variables={**environment, key: ""},
        agent=AGENT,
    )
    root.config.cache_clear()
    with run_file.announced(clinic.folder / "simulator", note):
        command.examine(trades=True, as_json=True, data_dir=clinic.folder)
    rows = json.loads(capsys.readouterr().out)
    found = {row["name"]: row for row in rows}
    assert found["exchange"]["health"] == "ok"
    assert clinic.served.url in found["exchange"]["what"]
    assert found["strategies"]["what"] == "1: hold"
    assert found["agent"]["what"] == f"{AGENT} may trade for it"
    assert "only the 3T that runs here has it" in found["agent's key"]["what"]
    assert "3t connect" in found["agent's key"]["remedy"]
    assert "the running 3T's own" in found["round trip"]["what"]
    root.config.cache_clear()


def test_a_configuration_that_is_refused_is_a_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THREET_WEB__PORT", "many")
    root.config.cache_clear()
    assert command.examine(trades=False, as_json=True, data_dir=None) == 1
    (row,) = json.loads(capsys.readouterr().out)
    assert row["name"] == "configuration"
    root.config.cache_clear()


def _hold(symbol: str) -> str:
    run = {
        "name": "hold",
        "strategy": "buy_and_hold",
        "parameters": {"symbol": symbol},
    }
    return json.dumps([run])


def test_f44_each_builder_dex_has_a_line_with_what_lies_there(clinic: Clinic) -> None:
    found = clinic.examined(DEXES="[xyz, flx, gone]")
    assert found["dex xyz"].health is Health.OK
    assert "1 products, equity 500.00 USDC there" in found["dex xyz"].what
    assert found["dex flx"].health is Health.WARN
    assert "move dollars" in found["dex flx"].remedy
    assert found["dex gone"].health is Health.FAIL
    assert "lists no such dex" in found["dex gone"].what
    assert found["collateral"].what.startswith("equity 1500.00 USDC")
    assert not any(name.startswith("dex") for name in clinic.examined())
