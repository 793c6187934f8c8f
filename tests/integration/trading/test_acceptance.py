"""Every acceptance card that can be run, on hlsim; what it saw is told and kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.docs.documents import ROOT
from tests.integration.trading.clinic import ACCOUNT, KEY, Clinic, opened
from threet.bootstrap import settings as root
from threet.cli.main import app
from threet.execution.acceptance import deck
from threet.execution.acceptance.deck import CARDS
from threet.model.errors import ConfigurationError

RUNNABLE = [card for card in CARDS if card.run is not None]
SEEN = {
    1: "duplicate nonce",
    2: "second, same cloid: accepted",
    3: "Action already expired",
    5: "not tried: name a builder dex's product",
    4: "Cannot set scheduled cancel time until enough volume traded",
    6: "over new connections it rests",
    7: "fill of oid",
    8: "does not exist",
    9: "Post only order would have immediately matched",
}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with opened(tmp_path_factory.mktemp("acceptance")) as one:
        one.prepare()
        yield one


@pytest.fixture
def runner(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    for name, value in clinic.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(deck, "_SETTLE_SECS", 0.5)
    root.config.cache_clear()
    yield CliRunner()
    root.config.cache_clear()


@pytest.mark.parametrize("number", [card.number for card in RUNNABLE])
def test_a_card_passes_and_leaves_nothing_behind(
    clinic: Clinic, runner: CliRunner, number: int
) -> None:
    done = runner.invoke(app, ["acceptance", "run", str(number)])
    assert done.exit_code == 0, done.output
    words = " ".join(done.output.split())
    assert f"card {number}, " in words
    assert "NOT PASSED" not in words
    assert SEEN[number] in words
    assert KEY not in done.output
    reports = list((clinic.folder / "simulator" / "acceptance").glob(f"{number:02d}-*"))
    assert len(reports) == 1
    assert SEEN[number] in reports[0].read_text()
    assert clinic.served.call(lambda exchange: exchange.open.of(ACCOUNT)) == []


def test_f43_a_cloid_on_a_builder_dex_is_found_and_leaves_nothing(
    clinic: Clinic, runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THREET_EXCHANGES__HYPERLIQUID__DEXES", "[xyz]")
    root.config.cache_clear()
    done = runner.invoke(app, ["acceptance", "run", "5", "--symbol", "xyz:AAPL"])
    assert done.exit_code == 0, done.output
    assert "passed" in done.output
    assert "by its cloid: open" in done.output
    assert clinic.served.call(lambda exchange: exchange.open.of(ACCOUNT)) == []


def test_on_mainnet_no_card_is_run(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THREET_EXCHANGES__HYPERLIQUID__NETWORK", "mainnet")
    root.config.cache_clear()
    done = runner.invoke(app, ["acceptance", "run", "1"])
    assert isinstance(done.exception, ConfigurationError)
    assert "refused on mainnet" in str(done.exception)


@pytest.mark.parametrize("number", ["10", "99"])
def test_a_card_that_cannot_be_run_says_so(runner: CliRunner, number: str) -> None:
    done = runner.invoke(app, ["acceptance", "run", number])
    assert isinstance(done.exception, ConfigurationError)


def test_each_card_is_described(runner: CliRunner) -> None:
    text = (ROOT / "docs" / "acceptance" / "README.md").read_text()
    listed = runner.invoke(app, ["acceptance", "list"]).output
    for card in CARDS:
        assert f"## {card.number}. " in text
        assert card.title in listed


def test_a_report_is_for_its_owner(clinic: Clinic) -> None:
    folder = Path(clinic.folder / "simulator" / "acceptance")
    assert not folder.exists() or folder.stat().st_mode & 0o077 == 0
