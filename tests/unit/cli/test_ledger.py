"""`3t ledger` on a database of its own."""

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from tests.money import START_MS, a_fill, funded, moved
from threet.adapters.sql.account_store import SqlAccountStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.ledger_store import SqlLedgerStore
from threet.adapters.sql.trading_store import SqlFillStore, SqlIntentStore
from threet.bootstrap import processes
from threet.bootstrap import settings as root
from threet.cli import ledger
from threet.cli.ledger import By
from threet.model.accounts import AccountPosition, AccountState, MarginMode
from threet.model.errors import ConfigurationError
from threet.model.money import OPENING_POSITION, EquityCheck, EquityVerdict
from threet.model.orders import OrderSpec, Side
from threet.ports.intent_store import Draft

ADDRESS = "0x" + "1" * 40


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THREET_EXCHANGES__HYPERLIQUID__WALLET_ADDRESS", ADDRESS)
    root.config.cache_clear()
    processes.prepared_database(root.config())
    made = processes.database(root.config())
    _trade(made)
    yield made
    made.close()
    root.config.cache_clear()


def _trade(database: Database) -> None:
    """Two runs buy 3 BTC at 100 in one order; one is closed by hand at 110."""
    intents = SqlIntentStore(database, account=ADDRESS, signer=ADDRESS)
    spec = OrderSpec(
        symbol="BTC", side=Side.BUY, quantity=Decimal(3), limit_price=Decimal(100)
    )
    wants = {"trend": Decimal(2), "reversion": Decimal(1)}
    draft = Draft(intent_id="a/BTC/0", run="", spec=spec, wants=wants)
    (order,) = intents.prepare([draft], now_ms=START_MS, lives_ms=5_000)
    SqlFillStore(database, account=ADDRESS).record(
        [
            a_fill("3", "100", fee=Decimal("0.1"), cloid=order.cloid),
            a_fill("-1", "110", "3", closed_pnl=Decimal(10), time_ms=START_MS + 1),
        ]
    )
    store = SqlLedgerStore(database, account=ADDRESS)
    store.record_updates([moved("1000", time_ms=START_MS - 1)])
    store.record_funding([funded("-0.3", "3", time_ms=START_MS + 1)])


def read_at(database: Database, mark: str) -> None:
    held = AccountPosition(
        symbol="BTC",
        quantity=Decimal(2),
        entry_price=Decimal(100),
        leverage=1,
        margin_mode=MarginMode.CROSS,
        margin_used=Decimal(0),
        position_value=Decimal(mark) * 2,
        unrealized_pnl=(Decimal(mark) - 100) * 2,
        liquidation_price=None,
        funding_since_open=Decimal(0),
    )
    state = AccountState(
        address=ADDRESS,
        account_ms=START_MS + 5,
        account_value=Decimal(1000),
        total_margin_used=Decimal(0),
        total_notional=Decimal(0),
        withdrawable=Decimal(0),
        maintenance_margin=Decimal(0),
        positions=(held,),
    )
    SqlAccountStore(database).record(state, [])


def test_profit_by_run_adds_up_to_the_accounts(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    read_at(database, "120")
    ledger.pnl(By.RUN, as_json=True)
    told = json.loads(capsys.readouterr().out)
    rows = {row["key"]: row for row in told["rows"]}
    assert Decimal(rows["trend"]["unrealized"]) == 40
    assert Decimal(rows["reversion"]["unrealized"]) == 20
    assert Decimal(rows["(outside)"]["unrealized"]) == -10
    whole = told["total"]
    for name in ("realized", "fees", "funding", "unrealized"):
        parts = sum(Decimal(row[name]) for row in told["rows"])
        assert parts == Decimal(whole[name])
    assert Decimal(whole["net"]) == Decimal("49.6")
    assert told["check"] is None


@pytest.mark.parametrize("by", list(By))
def test_without_a_reading_what_is_open_is_unknown(
    by: By, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    del database
    ledger.pnl(by)
    said = capsys.readouterr().out
    assert "unknown" in said
    assert "never held against" in said


def test_the_export_is_exact_and_sums_to_the_account(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del database
    ledger.export(tmp_path / "all.csv")
    assert "6 lines" in capsys.readouterr().out
    with (tmp_path / "all.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["kind"] for row in rows][:3] == ["deposit", "fill", "fill"]
    first = rows[1]
    assert (first["time"], first["time_ms"]) == (
        "2026-01-01T00:00:00.000Z",
        str(START_MS),
    )
    assert {(row["run"], row["quantity"]) for row in rows[1:3]} == {
        ("trend", "2"),
        ("reversion", "1"),
    }

    def summed(column: str) -> Decimal:
        return sum((Decimal(row[column] or "0") for row in rows), Decimal(0))

    assert (summed("realized"), summed("fee")) == (Decimal(10), Decimal("0.1"))
    assert (summed("funding"), summed("amount")) == (Decimal("-0.3"), Decimal(1000))


@pytest.mark.parametrize(("cost", "told"), [(Decimal("-700.1"), "-700.1"), (None, "")])
def test_an_opening_position_is_exported_at_its_cost(
    cost: Decimal | None, told: str, database: Database, tmp_path: Path
) -> None:
    """Three for 700.1 have no price that can be written down."""
    held = moved("0", OPENING_POSITION, time_ms=START_MS - 2)
    held = msgspec.structs.replace(held, symbol="SOL", quantity=Decimal(-3), cost=cost)
    SqlLedgerStore(database, account=ADDRESS).record_updates([held])
    ledger.export(tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(newline="") as file:
        first = next(csv.DictReader(file))
    found = [first[name] for name in ("kind", "side", "quantity", "price", "cost")]
    assert found == [OPENING_POSITION, "sell", "3", "", told]


def a_check(verdict: EquityVerdict) -> EquityCheck:
    return EquityCheck(
        account_ms=START_MS,
        account_value=Decimal(1005),
        deposits=Decimal(1000),
        realized=Decimal(0),
        funding=Decimal(0),
        fees=Decimal(0),
        unrealized=Decimal(0),
        verdict=verdict,
    )


def test_only_a_confirmed_difference_is_accepted_and_once(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    store = SqlLedgerStore(database, account=ADDRESS)
    with pytest.raises(SystemExit):
        ledger.accept("a gift")
    store.record_check(a_check(EquityVerdict.DIFFERS))
    ledger.accept("a gift")
    assert "5 USDC booked: a gift" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        ledger.accept("a gift")
    found = [one for one in store.entries().updates if one.kind == "accepted"]
    assert [(one.amount, one.detail) for one in found] == [(Decimal(5), "a gift")]
    ledger.pnl(By.PRODUCT)
    assert "the exchange says 1005 (differs)" in " ".join(
        capsys.readouterr().out.split()
    )


def test_which_account_is_asked_for_when_there_are_several(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    SqlLedgerStore(database, account="0x" + "2" * 40).record_updates([moved("1")])
    monkeypatch.delenv("THREET_EXCHANGES__HYPERLIQUID__WALLET_ADDRESS")
    root.config.cache_clear()
    with pytest.raises(ConfigurationError, match="which account"):
        ledger.pnl(By.RUN)
    ledger.pnl(By.RUN, address=ADDRESS)


def test_of_an_account_that_was_never_read_no_amount_is_told(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is known of it, and nothing is not 0."""
    del database
    for address in ("0x12", "0x" + "3" * 40):
        with pytest.raises(ConfigurationError, match=f"{address} was never read"):
            ledger.pnl(By.RUN, address=address)
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_written_is_told(
    database: Database, tmp_path: Path
) -> None:
    del database
    with pytest.raises(ConfigurationError, match="cannot be written"):
        ledger.export(tmp_path / "nowhere" / "all.csv")


def test_an_address_may_be_written_with_capitals(database: Database) -> None:
    mixed = "0x" + "Ab" * 20
    SqlLedgerStore(database, account=mixed).record_updates([moved("1")])
    ledger.pnl(By.RUN, address=mixed)
