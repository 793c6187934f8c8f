"""Configuration: every fault at once, with its path, and never with a secret."""

from pathlib import Path

import pytest

from threet.config.settings import load
from threet.model.candles import Timeframe
from threet.model.errors import ConfigurationError

KEY = "0x" + "ab" * 32


def reasons(
    tmp_path: Path, environment: dict[str, str] | None = None
) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, environment or {})
    return caught.value.reasons


def write(tmp_path: Path, name: str, text: str) -> Path:
    file = tmp_path / name
    file.write_text(text)
    file.chmod(0o600)
    return file


def test_no_file_at_all_is_the_embedded_default(tmp_path: Path) -> None:
    settings = load(tmp_path, {})
    assert settings.exchanges.hyperliquid.network == "simulator"
    assert settings.database.host is None


def test_the_files_of_the_repository_are_valid_and_the_defaults(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    write(tmp_path, "config.yml", (root / "config.yml").read_text())
    assert load(tmp_path, {}) == load(tmp_path / "nowhere", {})
    write(tmp_path, "secrets.yml", (root / "secrets.test.yml").read_text())
    assert load(tmp_path, {}).exchanges.hyperliquid.wallet_address


def test_every_fault_is_told_at_once_with_its_path(tmp_path: Path) -> None:
    write(
        tmp_path,
        "config.yml",
        "redis: {prot: 1}\nmarket_data: {timeframes: [1m, 7m], hot_candles: 0}\n"
        "colour: blue\nweb: {port: 99999}\n",
    )
    told = reasons(tmp_path)
    assert {reason.partition(":")[0] for reason in told} == {
        "redis.prot",
        "market_data.timeframes.1",
        "market_data.hot_candles",
        "colour",
        "web.port",
    }
    assert "redis.prot: unknown key, did you mean port?" in told


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_secrets_that_others_can_read_are_refused(tmp_path: Path, mode: int) -> None:
    write(tmp_path, "secrets.yml", "redis: {password: x}").chmod(mode)
    (told,) = reasons(tmp_path)
    assert "readable by others" in told
    assert "chmod 600" in told


BAD_KEYS = [
    f"0x{'ab' * 31}", f"0x{'ab' * 33}", "ab" * 32, f"0X{'ab' * 32}", f"0x{'zz' * 32}",
    f" {KEY}", f"{KEY} ", f"{KEY}\\n", "0xab", "secretsecret", f"{KEY},{KEY}", "[a]",
    "{a: b}", "12345", "true", "null-ish", f"'{KEY}", "0xabcdefg", "!!python/x y", "*x",
]  # fmt: skip


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_malformed_key_is_refused_and_never_echoed(tmp_path: Path, key: str) -> None:
    quoted = key.replace("'", "''")
    text = f"exchanges: {{hyperliquid: {{private_key: '{quoted}'}}}}"
    write(tmp_path, "secrets.yml", text)
    (told,) = reasons(tmp_path)
    assert told.startswith("exchanges.hyperliquid.private_key: must be 0x and 64")
    assert "ab" * 8 not in told
    assert key not in told


def test_an_unquoted_key_is_refused_without_its_digits(tmp_path: Path) -> None:
    write(
        tmp_path, "secrets.yml", f"exchanges: {{hyperliquid: {{private_key: {KEY}}}}}"
    )
    (told,) = reasons(tmp_path)
    assert "private_key" in told
    assert str(int(KEY, 16))[:12] not in told


def test_broken_yaml_is_placed_but_not_quoted(tmp_path: Path) -> None:
    write(tmp_path, "secrets.yml", f'exchanges:\n  private_key: "{KEY}\n')
    (told,) = reasons(tmp_path)
    assert "is not YAML" in told
    assert "line" in told
    assert "ab" * 8 not in told


def test_f68_a_limit_written_where_it_is_not_read_is_refused(tmp_path: Path) -> None:
    """Else it would look set, and protect nothing."""
    for text in (
        "execution: {most_drawdown: 0.1}",
        "risk: {limits: {most_drawdown: 0.1}}",
        "most_drawdown: 0.1",
        "strategies: [{name: a, strategy: donchian, limits: {most_drawdown: 0.1}}]",
    ):
        write(tmp_path, "config.yml", text)
        (told,) = reasons(tmp_path)
        assert "most_drawdown" in told or "risk.limits" in told
        assert "unknown key" in told


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "config.yml", "web: {port: 1}\nweb: {port: 2}\n")
    (told,) = reasons(tmp_path)
    assert "'web' stands twice" in told


def test_the_environment_overrides_the_files(tmp_path: Path) -> None:
    write(tmp_path, "config.yml", "web: {port: 9000}\nmarket_data: {timeframes: [1m]}")
    settings = load(
        tmp_path,
        {"THREET_WEB__PORT": "9001", "THREET_MARKET_DATA__TIMEFRAMES": "[1h, 1d]"},
    )
    assert settings.web.port == 9001
    assert settings.market_data.timeframes == (Timeframe.H1, Timeframe.D1)


def test_a_misspelled_variable_is_told(tmp_path: Path) -> None:
    (told,) = reasons(tmp_path, {"THREET_DATABSE__PASSWORD": "hunter2"})
    assert told == "databse: unknown key, did you mean database?"


def test_a_file_that_is_named_has_to_exist(tmp_path: Path) -> None:
    (told,) = reasons(tmp_path, {"THREET_CONFIG": str(tmp_path / "none.yml")})
    assert "cannot be read" in told


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254", "https://evil.example.com", "http://10.0.0.1:3001",
     "https://api.hyperliquid.xyz.evil.example"],
)  # fmt: skip
def test_s9_keys_and_orders_go_to_no_other_host(tmp_path: Path, url: str) -> None:
    environment = {"THREET_EXCHANGES__HYPERLIQUID__REST_URL": url}
    (told,) = reasons(tmp_path, environment)
    assert told.startswith("exchanges.hyperliquid.rest_url: is not of network")


def test_no_secret_shows_in_the_settings(tmp_path: Path) -> None:
    write(
        tmp_path,
        "secrets.yml",
        f"exchanges: {{hyperliquid: {{private_key: '{KEY}'}}}}\n"
        "database: {password: hunter2}\nredis: {password: hunter3}",
    )
    settings = load(tmp_path, {})
    shown = f"{settings!r} {settings} {settings.model_dump_json()}"
    assert "hunter" not in shown
    assert KEY not in shown


@pytest.mark.parametrize(
    ("network", "url"),
    [("mainnet", "http://127.0.0.1:3001"), ("mainnet", "http://api.hyperliquid.xyz"),
     ("mainnet", "https://api.hyperliquid-testnet.xyz"),
     ("simulator", "https://api.hyperliquid.xyz")],
)  # fmt: skip
def test_one_network_never_reads_another(
    tmp_path: Path, network: str, url: str
) -> None:
    prefix = "THREET_EXCHANGES__HYPERLIQUID__"
    environment = {f"{prefix}NETWORK": network, f"{prefix}REST_URL": url}
    (told,) = reasons(tmp_path, environment)
    assert f"is not of network {network}" in told


def test_s9_a_simulator_is_nearby_whatever_the_network(tmp_path: Path) -> None:
    prefix = "THREET_EXCHANGES__HYPERLIQUID__"
    environment = {
        f"{prefix}NETWORK": "mainnet",
        f"{prefix}SIMULATOR_URL": "https://api.hyperliquid.xyz",
    }
    (told,) = reasons(tmp_path, environment)
    assert "simulator_url: is not of network simulator" in told
    load(tmp_path, {**environment, f"{prefix}SIMULATOR_URL": "http://hlsim:3001"})


def test_a_secret_in_the_open_file_is_refused_and_not_echoed(tmp_path: Path) -> None:
    text = f"exchanges: {{hyperliquid: {{private_key: '{KEY}'}}}}"
    write(tmp_path, "config.yml", text).chmod(0o644)
    (told,) = reasons(tmp_path)
    assert "private_key belongs into secrets.yml" in told
    assert KEY not in told


@pytest.mark.parametrize("text", ["a: 2020-13-45", "[" * 3000])
def test_yaml_that_breaks_its_reader_is_told_as_such(tmp_path: Path, text: str) -> None:
    write(tmp_path, "config.yml", text)
    (told,) = reasons(tmp_path)
    assert "is not YAML" in told


def test_an_empty_variable_unsets_what_a_file_says(tmp_path: Path) -> None:
    write(tmp_path, "config.yml", "database: {host: somewhere}")
    assert load(tmp_path, {"THREET_DATABASE__HOST": ""}).database.host is None


def test_the_address_of_a_webhook_is_a_secret(tmp_path: Path) -> None:
    url = "https://chat.example/hooks/t0ken"
    write(tmp_path, "config.yml", f"alerts: {{webhook_url: {url}}}")
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, {})
    assert "alerts.webhook_url belongs into secrets.yml" in str(caught.value)
    assert "t0ken" not in str(caught.value)
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path / "none", {"THREET_ALERTS__WEBHOOK_URL": "ftp://t0ken"})
    assert "t0ken" not in str(caught.value)
    settings = load(tmp_path / "none", {"THREET_ALERTS__WEBHOOK_URL": url})
    assert "t0ken" not in repr(settings)


@pytest.mark.parametrize(
    ("dexes", "why"),
    [
        ("[xyz, xyz]", "once"),
        ("[XYZ]", "must be a dex alone, as xyz"),
        ("['']", "must be a dex alone"),
        ("['xyz:AAPL']", "must be a dex alone"),
        ("xyz", "must be a list"),
    ],
)
def test_builder_dexes_are_named_as_the_exchange_does_and_once(
    tmp_path: Path, dexes: str, why: str
) -> None:
    write(tmp_path, "config.yml", f"exchanges: {{hyperliquid: {{dexes: {dexes}}}}}\n")
    (reason,) = reasons(tmp_path)
    assert reason.startswith("exchanges.hyperliquid.dexes")
    assert why in reason


def test_builder_dexes_come_from_the_environment_as_well(tmp_path: Path) -> None:
    given = {"THREET_EXCHANGES__HYPERLIQUID__DEXES": "[xyz, flx]"}
    assert load(tmp_path, given).exchanges.hyperliquid.dexes == ("xyz", "flx")
