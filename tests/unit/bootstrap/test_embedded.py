"""What `3t up` and `3t demo` settle before anything starts."""

from pathlib import Path

import pytest

from threet.adapters.hyperliquid.signing import Signer
from threet.bootstrap import embedded
from threet.bootstrap.embedded import EmbeddedOptions, plan
from threet.bootstrap.settings import database_url, rest_url, websocket_url
from threet.config.settings import load
from threet.model.errors import ConfigurationError

KEY = "0x" + "ab" * 32
PRIVATE_KEY = "THREET_EXCHANGES__HYPERLIQUID__PRIVATE_KEY"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is read from the folder the tests run in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_h1_a_demo_touches_no_configured_server_and_no_exchange(folder: Path) -> None:
    environment = {
        "THREET_DATABASE__HOST": "production",
        "THREET_REDIS__HOST": "production",
        "THREET_EXCHANGES__HYPERLIQUID__NETWORK": "mainnet",
        "THREET_EXCHANGES__HYPERLIQUID__WEBSOCKET_URL": "wss://api.hyperliquid.xyz/ws",
        "THREET_EXCHANGES__HYPERLIQUID__PRIVATE_KEY": KEY,
    }
    settings = plan(EmbeddedOptions(is_demo=True), environment).settings
    assert database_url(settings).drivername == "sqlite"
    assert str(folder) in str(database_url(settings))
    assert settings.redis.host == "127.0.0.1"
    assert rest_url(settings).startswith("http://127.0.0.1:")
    assert websocket_url(settings).startswith("ws://127.0.0.1:")
    assert settings.exchanges.hyperliquid.private_key is None


def test_a_network_on_the_command_line_does_not_read_a_configured_simulator() -> None:
    environment = {
        "THREET_EXCHANGES__HYPERLIQUID__REST_URL": "http://127.0.0.1:3001",
    }
    with pytest.raises(ConfigurationError, match="is not of network mainnet"):
        plan(EmbeddedOptions(network="mainnet"), environment)


@pytest.mark.parametrize(
    ("network", "url"),
    [
        ("simulator", "ws://hlsim:3001/ws"),
        ("mainnet", "wss://api.hyperliquid.xyz/ws"),
    ],
)
def test_the_simulators_url_counts_on_its_network_alone(network: str, url: str) -> None:
    key = "THREET_EXCHANGES__HYPERLIQUID__SIMULATOR_URL"
    made = plan(EmbeddedOptions(network=network), {key: "http://hlsim:3001"})
    assert websocket_url(made.settings) == url


def test_each_network_has_a_folder_of_its_own(folder: Path) -> None:
    made = plan(EmbeddedOptions(network="testnet"), {})
    assert made.folder == folder / "data" / "testnet"


def test_no_repr_of_a_plan_shows_a_password() -> None:
    made = plan(EmbeddedOptions(), {})
    assert made.valkey.password not in repr(made)


def test_commands_beside_a_demo_are_told_its_exchange_and_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever port it took: the configured one may be in use by another."""
    monkeypatch.setattr(embedded, "is_free", lambda _: False)
    made = plan(EmbeddedOptions(is_demo=True), {PRIVATE_KEY: KEY})
    beside = load(environment=made.variables)
    assert rest_url(beside) == rest_url(made.settings)
    assert ":3001" not in rest_url(beside)
    assert websocket_url(beside) == websocket_url(made.settings)
    assert [one.name for one in beside.strategies] == ["tactical-trend", "reversion"]
    gateway = next(one for one in made.platform if one.name == "order_gateway")
    key = gateway.environment[PRIVATE_KEY]
    assert made.agent == Signer(key, "b").address
    told = str(made.variables)
    assert not any(one in told for one in (KEY, key, made.valkey.password))
