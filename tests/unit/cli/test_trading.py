"""`3t why`, `3t kill` and `3t resume` on a database of their own."""

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from threet.adapters.sql.database import Database
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.bootstrap import processes, run_file
from threet.bootstrap import settings as root
from threet.cli import trading
from threet.model.decisions import Decision, Granted, Input, Verdict
from threet.model.errors import ConfigurationError, DependencyError
from threet.ports.halt_store import EQUITY, FLATTEN, KILL_SWITCH

ADDRESS = "0x" + "1" * 40
AT_MS = 1_790_000_000_000  # 2026-09-21T14:13:20Z


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THREET_EXCHANGES__HYPERLIQUID__WALLET_ADDRESS", ADDRESS)
    root.config.cache_clear()
    processes.prepared_database(root.config())
    made = processes.database(root.config())
    yield made
    made.close()
    root.config.cache_clear()


def a_decision() -> Decision:
    return Decision(
        decision_id="trend/candle SOL 1m 1",
        run="trend",
        event="candle SOL 1m 1",
        at_ms=AT_MS,
        because="fast above slow [bold]",
        inputs=(Input(name="equity", value=None, age_ms=None),),
        verdicts=(Verdict(gate="price", passed=False, reason="12 s old"),),
    )


def test_who_asks_for_what_was_not_decided_is_told_what_was(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trading.why("sol", None, 3, None) == 1
    assert capsys.readouterr().out == "Nothing was decided about sol.\n"
    store = SqlDecisionStore(database)
    store.begin("trend", "ema_trend", "{}", AT_MS)
    granted = (Granted(symbol="SOL", quantity=Decimal(1)),)
    store.record(msgspec.structs.replace(a_decision(), granted=granted), {})
    assert trading.why("sol", None, 3, None) == 1
    said = capsys.readouterr().out
    assert said == "Nothing was decided about sol; about SOL it was.\n"


def test_a_decision_is_told_with_all_that_it_rested_on(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    store = SqlDecisionStore(database)
    store.begin("trend", "ema_trend", "{}", AT_MS)
    store.record(a_decision(), {})
    assert trading.why("SOL", None, 3, None) == 0
    said = capsys.readouterr().out
    assert "2026-09-21T14:13:20" in said
    assert "because fast above slow [bold]" in said
    assert "equity: unknown" in said
    assert "price refused: 12 s old" in said
    assert trading.why("SOL", "2026-09-21T14:13:19", 3, None) == 1


def test_nothing_decided_and_a_time_that_is_none_are_told(database: Database) -> None:
    assert trading.why("BTC", None, 1, None) == 1
    with pytest.raises(ConfigurationError, match="is no time"):
        trading.why("BTC", "yesterday", 1, None)


def test_b10_a_kill_stays_until_it_is_resumed(database: Database) -> None:
    trading.kill("by hand", None, flatten=False)
    halts = SqlHaltStore(database, account=ADDRESS)
    assert [one.cause for one in halts.halts()] == [KILL_SWITCH]
    trading.kill("again", None, flatten=True)
    told = {one.cause: one.reason for one in halts.halts()}
    assert told == {KILL_SWITCH: "by hand", FLATTEN: "again"}
    trading.resume(None)
    assert halts.halts() == []


def test_who_resumes_is_told_what_stands_still(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """*May trade again* would be a lie beside a halt that no person ends."""
    halts = SqlHaltStore(database, account=ADDRESS)
    trading.kill("by hand", None, flatten=False)
    capsys.readouterr()
    trading.resume(None)
    assert capsys.readouterr().out == f"{ADDRESS} may trade again\n"
    trading.resume(None)
    assert capsys.readouterr().out == f"{ADDRESS} was not halted\n"
    halts.halt(EQUITY, "1.20 USDC are not explained", AT_MS)
    trading.kill("by hand", None, flatten=False)
    capsys.readouterr()
    trading.resume(None)
    assert capsys.readouterr().out == (
        f"{ADDRESS} takes no new risk still: equity: 1.20 USDC are not explained\n"
    )


def test_whoever_kills_names_no_account(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every account of the database is halted; without one that is told."""
    monkeypatch.delenv("THREET_EXCHANGES__HYPERLIQUID__WALLET_ADDRESS")
    root.config.cache_clear()
    assert trading.kill("by hand", None, flatten=False) == 1
    halts = SqlHaltStore(database, account=ADDRESS)
    halts.resume("makes the account known")
    assert trading.kill("by hand", None, flatten=False) == 0
    assert [one.cause for one in halts.halts()] == [KILL_SWITCH]


@pytest.mark.parametrize("is_empty", [False, True])
def test_a_folder_without_a_database_is_told_and_none_is_made(
    is_empty: bool, tmp_path: Path
) -> None:
    """Whoever kills in the wrong folder has to learn it, and where to go."""
    folder = tmp_path / "elsewhere"
    file = folder / "simulator" / "threet.db"
    if is_empty:
        file.parent.mkdir(parents=True)
        file.touch()
    told = r"elsewhere.*--data-dir"
    with pytest.raises(DependencyError, match=told):
        trading.kill("by hand", folder, flatten=False)
    with pytest.raises(DependencyError, match=told):
        trading.resume(folder)
    with pytest.raises(DependencyError, match=told):
        trading.why("SOL", None, 1, folder)
    assert file.exists() == is_empty
    assert folder.exists() == is_empty


def test_a_kill_says_when_nobody_is_there_to_carry_it_out(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    del database
    nobody = "no 3T runs on this data folder"
    assert trading.kill("by hand", None, flatten=True) == 0
    assert nobody in capsys.readouterr().out
    note = run_file.RunNote(
        pid=os.getpid(), page_url="", redis_port=1, redis_password=""
    )
    with run_file.announced(root.data_dir(root.config()), note):
        trading.kill("by hand", None, flatten=True)
    assert nobody not in capsys.readouterr().out


def test_of_processes_with_their_own_redis_a_kill_claims_nothing(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    del database
    monkeypatch.setenv("THREET_REDIS__HOST", "127.0.0.1")
    root.config.cache_clear()
    trading.kill("by hand", None, flatten=True)
    assert "no 3T runs" not in capsys.readouterr().out
