"""The process-wide settings, read once; and the addresses that follow from them."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sqlalchemy import URL

from threet.adapters.redis_streams.address import RedisAddress
from threet.config import sources
from threet.config.sections import Sections
from threet.config.settings import load
from threet.model.errors import ConfigurationError

# HYPERLIQUID.md 1.1.
_REST_URLS = {
    "mainnet": "https://api.hyperliquid.xyz",
    "testnet": "https://api.hyperliquid-testnet.xyz",
}


@cache
def config() -> Sections:
    """Config.yml, secrets.yml and the environment of this process."""
    return load()


def settings_in(data_dir: Path | None, network: str | None = None) -> Sections:
    """The same with another data folder or network, if one is named."""
    named = {} if data_dir is None else {"THREET_DATA_DIR": str(data_dir)}
    if network is not None:
        named["THREET_EXCHANGES__HYPERLIQUID__NETWORK"] = network
    return settings_with(named) if named else config()


def settings_of_run(
    variables: Mapping[str, str], redis_port: int, password: str
) -> Sections:
    """Those of a running 3T that brought its own Valkey: where that is."""
    own = {
        **variables,
        "THREET_REDIS__HOST": "127.0.0.1",
        "THREET_REDIS__PORT": str(redis_port),
        "THREET_REDIS__PASSWORD": password,
    }
    return settings_with(own)


def settings_with(variables: Mapping[str, str]) -> Sections:
    """As if these stood in the environment; "" unsets what a file says."""
    return load(environment={**os.environ, **variables})


def config_file() -> Path:
    """Where the settings are written that are no secrets."""
    return Path(os.environ.get(sources.CONFIG_VARIABLE, sources.CONFIG_FILE))


def secrets_file() -> Path:
    return Path(os.environ.get(sources.SECRETS_VARIABLE, sources.SECRETS_FILE))


def rest_url(settings: Sections) -> str:
    hyperliquid = settings.exchanges.hyperliquid
    of_network = {**_REST_URLS, "simulator": hyperliquid.simulator_url}
    return hyperliquid.rest_url or of_network[hyperliquid.network]


def websocket_url(settings: Sections) -> str:
    """Derived from the REST URL as the official SDK does, unless it is given."""
    given = settings.exchanges.hyperliquid.websocket_url
    return given or f"ws{rest_url(settings).removeprefix('http')}/ws"


def redis_address(settings: Sections) -> RedisAddress:
    redis = settings.redis
    if redis.host is None:
        reason = "redis.host: is not set; run `3t up`, which brings its own, or set it"
        raise ConfigurationError([reason])
    password = redis.password.get_secret_value() if redis.password else None
    return RedisAddress(
        host=redis.host, port=redis.port, db=redis.db, password=password
    )


def redis_url(settings: Sections) -> str:
    """With the password in it: for clients that take nothing else, never for logs."""
    address = redis_address(settings)
    secret = URL.create("redis", username="", password=address.password)
    login = secret.render_as_string(hide_password=False).removeprefix("redis://")
    login = login if address.password else ""
    return f"redis://{login}{address.host}:{address.port}/{address.db}"


def database_url(settings: Sections) -> URL:
    """MariaDB when a host is set, else the embedded SQLite file."""
    database = settings.database
    password = database.password.get_secret_value() if database.password else None
    if database.host:
        return URL.create(
            "mariadb+pymysql",
            username=database.user,
            password=password,
            host=database.host,
            port=database.port,
            database=database.name,
        )
    return URL.create("sqlite", database=str(data_dir(settings) / "threet.db"))


def data_dir(settings: Sections) -> Path:
    """One folder for each network: their prices must never meet in one chart."""
    return settings.data_dir / settings.exchanges.hyperliquid.network


def make_private(folder: Path) -> None:
    """A folder for its owner's eyes; raises ``ConfigurationError`` if it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        reason = f"data_dir: {folder} cannot be made ({error.strerror})"
        raise ConfigurationError([reason]) from error


def stream_lengths(settings: Sections) -> dict[str, int]:
    """By stream name ("prices:updated")."""
    lengths = settings.redis.streams.model_dump()
    return {name.replace("_", ":"): length for name, length in lengths.items()}


def schema() -> dict[str, object]:
    """JSON Schema of config.yml and secrets.yml together."""
    return Sections.model_json_schema()
