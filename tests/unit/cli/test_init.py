"""`3t init`: what is missing is made, private; what is there stays."""

import os
import stat
from pathlib import Path

import bcrypt
import pytest

from tests.unit.cli.test_commands import said
from threet.bootstrap.embedded import DEMO_ADDRESS
from threet.cli import stack_files
from threet.cli.stack_files import ENVIRONMENT, PASSWORDS, SECRETS, VARIANTS
from threet.config.settings import load


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def variables() -> dict[str, str]:
    lines = ENVIRONMENT.read_text().splitlines()
    pairs = (line.partition("=") for line in lines if not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_every_password_is_another_and_long() -> None:
    stack_files.complete_environment("simulator", None)
    passwords = [variables()[name] for name in PASSWORDS]
    assert len(set(passwords)) == len(PASSWORDS)
    assert all(len(password) == 48 for password in passwords)


def test_both_files_are_for_their_owner_alone() -> None:
    stack_files.complete_environment("simulator", None)
    stack_files.make_secrets("simulator")
    assert mode(ENVIRONMENT) == mode(SECRETS) == 0o600


def test_a_second_run_changes_nothing() -> None:
    stack_files.complete_environment("simulator", VARIANTS["light"])
    stack_files.make_secrets("simulator")
    before = (ENVIRONMENT.read_text(), SECRETS.read_text())
    assert stack_files.complete_environment("simulator", None) == []
    assert stack_files.complete_environment("simulator", VARIANTS["light"]) == []
    assert not stack_files.make_secrets("simulator")
    assert (ENVIRONMENT.read_text(), SECRETS.read_text()) == before


def test_what_the_user_wrote_is_kept_with_its_comments() -> None:
    ENVIRONMENT.write_text("# mine\nREDIS_PASSWORD=chosen\nGRAFANA_PORT=3100\n")
    SECRETS.write_text("# mine\n")
    written = stack_files.complete_environment("simulator", None)
    assert "REDIS_PASSWORD" not in written
    assert ENVIRONMENT.read_text().startswith(
        "# mine\nREDIS_PASSWORD=chosen\nGRAFANA_PORT=3100\n"
    )
    assert not stack_files.make_secrets("simulator")
    assert SECRETS.read_text() == "# mine\n"


def test_a_file_of_passwords_that_others_could_read_becomes_private() -> None:
    ENVIRONMENT.write_text("GRAFANA_PORT=3100\n")
    ENVIRONMENT.chmod(0o644)
    stack_files.complete_environment("simulator", None)
    assert mode(ENVIRONMENT) == 0o600


def test_a_hash_follows_its_password() -> None:
    stack_files.complete_environment("simulator", None)
    text = ENVIRONMENT.read_text()
    password = variables()["PROMETHEUS_PASSWORD"]
    ENVIRONMENT.write_text(text.replace(password, "another"))
    written = stack_files.complete_environment("simulator", None)
    assert written == ["PROMETHEUS_PASSWORD_BCRYPT"]
    # In quotes: compose would take a $ for a variable.
    digest = variables()["PROMETHEUS_PASSWORD_BCRYPT"]
    assert digest[0] == digest[-1] == "'"
    assert bcrypt.checkpw(b"another", digest[1:-1].encode())


def test_a_variant_is_chosen_and_changed_by_name_only() -> None:
    stack_files.complete_environment("simulator", VARIANTS["light"])
    light = "docker-compose.yml:docker-compose.light.yml"
    assert variables()["COMPOSE_FILE"] == light
    stack_files.complete_environment("simulator", None)
    assert variables()["COMPOSE_FILE"] == light
    stack_files.complete_environment("simulator", VARIANTS["full"])
    assert variables()["COMPOSE_FILE"] == "docker-compose.yml"


@pytest.mark.parametrize(
    ("network", "profile", "address"),
    [("simulator", "simulator", DEMO_ADDRESS), ("mainnet", "", None)],
)
def test_the_simulator_and_its_account_come_with_its_network(
    folder: Path, network: str, profile: str, address: str | None
) -> None:
    stack_files.complete_environment(network, None)
    stack_files.make_secrets(network)
    assert variables()["COMPOSE_PROFILES"] == profile
    settings = load(folder, {})
    assert settings.exchanges.hyperliquid.wallet_address == address


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_root_runs_the_containers_as_nobody_of_the_machine() -> None:
    stack_files.complete_environment("simulator", None)
    stack_files.make_secrets("simulator")
    assert variables()["THREET_UID"] == "10001"
    assert SECRETS.stat().st_uid == 10_001


def test_the_command_says_what_it_wrote_and_no_password(folder: Path) -> None:
    refused = said("init", folder=folder)
    assert refused.returncode == 78
    assert "docker-compose.yml" in refused.stderr
    (folder / "docker-compose.yml").touch()
    done = said("init", "--variant", "prod", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "REDIS_PASSWORD" in done.stdout
    assert variables()["REDIS_PASSWORD"] not in done.stdout
