"""`3t connect` on hlsim: checked first, then written; nothing is lost, or told."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.integration.trading.clinic import (
    ACCOUNT,
    KEY,
    OTHER_KEY,
    OWN_KEY,
    Clinic,
    opened,
)
from threet.adapters.hyperliquid.signing import Signer
from threet.bootstrap import settings as root
from threet.cli.main import app
from threet.model.errors import ConfigurationError

CONFIG = """\
# mine
exchanges:
  hyperliquid:
    weight_per_minute: 900   # the rest is for others
"""


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "config.yml").write_text(CONFIG)
    with opened(tmp_path / "data") as one:
        url = "THREET_EXCHANGES__HYPERLIQUID__SIMULATOR_URL"
        monkeypatch.setenv(url, one.served.url)
        root.config.cache_clear()
        yield one
        root.config.cache_clear()


def connected(*options: str, typed: str = "", address: str = ACCOUNT) -> Result:
    words = ["connect", "--network", "simulator", "--address", address, *options]
    return CliRunner().invoke(app, words, input=typed)


def test_what_was_typed_is_checked_and_written_beside_what_is_there(
    clinic: Clinic, tmp_path: Path
) -> None:
    done = connected(typed=f"{KEY}\n")
    assert done.exit_code == 0, done.output
    assert KEY not in done.output
    assert "3t doctor" in done.output
    config = (tmp_path / "config.yml").read_text()
    assert "weight_per_minute: 900   # the rest is for others" in config
    secrets = tmp_path / "secrets.yml"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    written = root.settings_with({}).exchanges.hyperliquid
    assert written.wallet_address == ACCOUNT
    assert written.private_key is not None
    assert written.private_key.get_secret_value() == KEY
    again = connected(typed=f"{KEY}\n")
    assert again.exit_code == 0, again.output
    assert (tmp_path / "config.yml").read_text() == config


def test_nothing_is_written_for_a_key_that_may_not_trade(
    clinic: Clinic, tmp_path: Path
) -> None:
    for key in (OTHER_KEY, OWN_KEY):
        done = connected(typed=f"{key}\n")
        assert done.exit_code == 1
        assert "Nothing was written." in done.output
        assert key not in done.output
    assert not (tmp_path / "secrets.yml").exists()
    assert (tmp_path / "config.yml").read_text() == CONFIG


def test_another_key_that_is_there_is_replaced_only_by_force(
    clinic: Clinic, tmp_path: Path
) -> None:
    file = tmp_path / "secrets.yml"
    file.write_text(f'# k\nexchanges:\n  hyperliquid:\n    private_key: "{OWN_KEY}"\n')
    file.chmod(0o600)
    refused = connected(typed=f"{KEY}\n")
    assert isinstance(refused.exception, ConfigurationError)
    assert "--force" in str(refused.exception)
    assert OWN_KEY in file.read_text()
    assert connected("--force", typed=f"{KEY}\n").exit_code == 0
    assert KEY in file.read_text()
    assert "# k" in file.read_text()


def test_the_key_may_lie_in_a_file_that_nobody_else_can_read(
    clinic: Clinic, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text(KEY.removeprefix("0x") + "\n")
    file.chmod(0o644)
    refused = connected("--key-file", str(file))
    assert "chmod 600" in str(refused.exception)
    file.chmod(0o600)
    assert connected("--key-file", str(file)).exit_code == 0
    assert KEY in (tmp_path / "secrets.yml").read_text()


def test_without_a_key_the_account_is_read_only(clinic: Clinic, tmp_path: Path) -> None:
    done = connected(typed="\n")
    assert done.exit_code == 0, done.output
    assert "private_key" not in (tmp_path / "secrets.yml").read_text()


@pytest.mark.parametrize("typed", ["0x12\n", "not a key\n"])
def test_what_is_no_key_is_refused_without_being_told(
    clinic: Clinic, typed: str
) -> None:
    refused = connected(typed=typed)
    assert isinstance(refused.exception, ConfigurationError)
    assert typed.strip() not in str(refused.exception)


def test_a_new_key_is_private_and_only_its_address_is_told(tmp_path: Path) -> None:
    file = tmp_path / "paper.key"
    done = CliRunner().invoke(app, ["connect", "--new-key", str(file)])
    key = file.read_text().strip()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Signer(key, "b").address in done.output
    assert key not in done.output
    again = CliRunner().invoke(app, ["connect", "--new-key", str(file)])
    assert isinstance(again.exception, ConfigurationError)
    assert file.read_text().strip() == key
