"""`3t init --trading`: an agent for the simulator, a demand for one elsewhere."""

import secrets
from pathlib import Path

import pytest

from tests.unit.cli.test_commands import said
from tests.unit.cli.test_init import mode, variables
from threet.adapters.hyperliquid.signing import Signer
from threet.bootstrap.embedded import DEMO_ADDRESS
from threet.cli import stack_files, stack_trading
from threet.cli.stack_files import ENVIRONMENT, SECRETS
from threet.config.settings import load
from threet.model.errors import ConfigurationError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def begin(network: str) -> None:
    stack_files.complete_environment(network, None)
    stack_files.make_secrets(network)


def key_in(folder: Path) -> str:
    key = load(folder, {}).exchanges.hyperliquid.private_key
    assert key is not None
    return key.get_secret_value()


def test_on_the_simulator_an_agent_is_made_and_approved(folder: Path) -> None:
    begin("simulator")
    done = stack_trading.switch_on("simulator")
    key = key_in(folder)
    assert variables()["HLSIM_AGENT"] == Signer(key, "b").address
    assert variables()["COMPOSE_PROFILES"] == "simulator,trading"
    assert load(folder, {}).exchanges.hyperliquid.wallet_address == DEMO_ADDRESS
    assert mode(SECRETS) == mode(ENVIRONMENT) == 0o600
    # Whoever reads along learns no key, and no product's environment holds it.
    naked = key.removeprefix("0x")
    assert not [line for line in done if naked in line]
    assert naked not in ENVIRONMENT.read_text()


def test_a_second_time_nothing_changes() -> None:
    begin("simulator")
    assert not stack_trading.is_on()
    stack_trading.switch_on("simulator")
    assert stack_trading.is_on()
    before = (ENVIRONMENT.read_text(), SECRETS.read_text())
    assert stack_trading.switch_on("simulator") == []
    assert (ENVIRONMENT.read_text(), SECRETS.read_text()) == before


def test_the_agent_follows_a_key_that_is_another(folder: Path) -> None:
    begin("simulator")
    stack_trading.switch_on("simulator")
    other = "0x" + secrets.token_hex(32)
    SECRETS.write_text(SECRETS.read_text().replace(key_in(folder), other))
    stack_trading.switch_on("simulator")
    assert variables()["HLSIM_AGENT"] == Signer(other, "b").address
    assert key_in(folder) == other


def test_an_account_without_funds_there_is_refused() -> None:
    begin("simulator")
    text = SECRETS.read_text().replace(DEMO_ADDRESS, "0x" + "12" * 20)
    SECRETS.write_text(text)
    with pytest.raises(ConfigurationError, match="has funds for"):
        stack_trading.switch_on("simulator")
    assert SECRETS.read_text() == text
    assert not stack_trading.is_on()


def test_an_account_that_is_missing_is_the_simulators(folder: Path) -> None:
    SECRETS.write_text("# mine\n")
    begin("simulator")
    SECRETS.chmod(0o600)
    stack_trading.switch_on("simulator")
    assert SECRETS.read_text().startswith("# mine\n")
    assert load(folder, {}).exchanges.hyperliquid.wallet_address == DEMO_ADDRESS


@pytest.mark.parametrize("network", ["testnet", "mainnet"])
def test_elsewhere_a_key_is_demanded_and_never_made(network: str) -> None:
    begin(network)
    before = SECRETS.read_text()
    with pytest.raises(ConfigurationError, match="`3t connect` first"):
        stack_trading.switch_on(network)
    assert SECRETS.read_text() == before
    assert not stack_trading.is_on()


def test_elsewhere_the_simulator_is_not_started() -> None:
    begin("simulator")
    stack_trading.switch_on("simulator")
    # `3t connect` has written another network since.
    stack_trading.switch_on("testnet")
    assert variables()["COMPOSE_PROFILES"] == "trading"


def test_profiles_of_the_users_own_stay() -> None:
    ENVIRONMENT.write_text("COMPOSE_PROFILES=mine,simulator\n")
    begin("simulator")
    stack_trading.switch_on("simulator")
    assert variables()["COMPOSE_PROFILES"] == "simulator,trading,mine"
    assert stack_trading.switch_on("simulator") == []


def test_what_is_no_key_is_told_without_it() -> None:
    begin("simulator")
    broken = SECRETS.read_text() + '    private_key: "0xnokey"\n'
    SECRETS.write_text(broken)
    with pytest.raises(ConfigurationError, match="64 hex digits") as refusal:
        stack_trading.switch_on("simulator")
    assert "nokey" not in str(refusal.value)
    assert not stack_trading.is_on()


def test_the_command_remembers_and_tells_no_key(folder: Path) -> None:
    (folder / "docker-compose.yml").touch()
    first = said("init", "--trading", folder=folder)
    assert first.returncode == 0, first.stderr
    assert key_in(folder).removeprefix("0x") not in first.stdout + first.stderr
    agent = variables()["HLSIM_AGENT"]
    # A key of one's own, and `make install` does not say --trading again.
    other = "0x" + secrets.token_hex(32)
    SECRETS.write_text(SECRETS.read_text().replace(key_in(folder), other))
    second = said("init", "--variant", "light", folder=folder)
    assert second.returncode == 0, second.stderr
    assert "wrote HLSIM_AGENT" in second.stdout
    assert variables()["HLSIM_AGENT"] != agent
