"""The embedded run: the platform's processes on a private Valkey and SQLite."""

import json
import secrets
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from threet.adapters.hyperliquid.signing import Signer
from threet.adapters.processes.child import ChildSpec
from threet.adapters.processes.valkey import ValkeyPlace
from threet.bootstrap import settings as root
from threet.config.sections import Sections
from threet.config.settings import load

# The demonstration's account on hlsim: funds, and two positions to look at.
DEMO_ADDRESS = "0x3737373737373737373737373737373737373737"
_DEMO_FUNDS = "10000"
_DEMO_POSITIONS = ("BTC=0.05@104200", "ETH=-0.8@3990", "kPEPE=90000@0.0091")
DEMO_SEED = 7

_SIMULATOR_PORT = 3001

GATEWAY = "order_gateway"
_TRADING_AFTER_SECS = 4.0
_PREFIX = "THREET_EXCHANGES__HYPERLIQUID__"
_KEY = f"{_PREFIX}PRIVATE_KEY"
_REDIS_PASSWORD = "THREET_REDIS__PASSWORD"  # noqa: S105  # the name of the variable
# Of products the demonstration's account does not hold before: a run has the whole of
# what it trades.
_DEMO_STRATEGIES = (
    {
        "name": "tactical-trend",
        "strategy": "ema_trend",
        "parameters": {
            "symbol": "SOL",
            "timeframe": "1m",
            "fast": 5,
            "slow": 20,
            "volatility_bars": 30,
            "most_weight": 0.3,
        },
    },
    {
        "name": "reversion",
        "strategy": "rsi_reversion",
        "parameters": {"symbol": "XRP", "timeframe": "1m", "weight": 0.1},
    },
)
MODULES = (
    ("price_stream_producer", "threet.components.price_stream_producer"),
    ("price_stream_consumer", "threet.components.price_stream_consumer"),
    ("example_balance_consumer", "threet.components.example_balance_consumer"),
    ("celery_worker", "threet.celery_services.worker"),
    ("celery_beat", "threet.celery_services.beat"),
    ("web", "threet.web"),
)
TRADING_MODULES = (
    ("trader", "threet.components.trader"),
    (GATEWAY, "threet.components.order_gateway"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedOptions:
    """What the command line says; None leaves it to the configuration."""

    network: str | None = None
    address: str | None = None
    port: int | None = None
    data_dir: Path | None = None
    is_demo: bool = False
    symbols: int = 230
    rate: int | None = None
    control_port: int | None = None  # of the simulated exchange's faults


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedRun:
    settings: Sections
    folder: Path
    valkey: ValkeyPlace
    exchange: ChildSpec | None  # hlsim, in a demonstration
    platform: Sequence[ChildSpec]
    # For commands beside it: what differs from the files, and no secret.
    variables: Mapping[str, str]
    agent: str | None  # whose key is the run's own

    @property
    def page_url(self) -> str:
        web = self.settings.web
        host = "127.0.0.1" if web.host == "0.0.0.0" else web.host  # noqa: S104
        return f"http://{host}:{web.port}"


def plan(options: EmbeddedOptions, environment: Mapping[str, str]) -> EmbeddedRun:
    """Settle every port, password and path; starts nothing, writes nothing.

    Raises ``ConfigurationError``.
    """
    wanted = _from_options(options)
    before = load(environment={**environment, **wanted})
    password = secrets.token_urlsafe(24)
    redis_port = free_port()
    wanted |= {
        "THREET_DATA_DIR": str(before.data_dir.resolve()),
        "THREET_REDIS__HOST": "127.0.0.1",
        "THREET_REDIS__PORT": str(redis_port),
        "THREET_REDIS__DB": "0",
        _REDIS_PASSWORD: password,
    }
    exchange, key, agent = None, None, None
    if options.is_demo:
        # Of an agent that lives as long as this run and its exchange.
        key = "0x" + secrets.token_hex(32)
        agent = Signer(key, "b").address
        if not before.strategies:
            wanted["THREET_STRATEGIES"] = json.dumps(_DEMO_STRATEGIES)
        # The port at which one looks for a simulator, if it is free.
        exchange_port = _SIMULATOR_PORT if is_free(_SIMULATOR_PORT) else free_port()
        wanted[f"{_PREFIX}REST_URL"] = f"http://127.0.0.1:{exchange_port}"
        exchange = _hlsim(options, exchange_port, agent)
    settings = load(environment={**environment, **wanted})
    folder = root.data_dir(settings)
    return EmbeddedRun(
        settings=settings,
        folder=folder,
        valkey=ValkeyPlace(
            folder=folder / "valkey", port=redis_port, password=password
        ),
        exchange=exchange,
        platform=_platform(settings, wanted, key),
        variables=_told(settings, wanted),
        agent=agent,
    )


def _platform(
    settings: Sections, wanted: Mapping[str, str], key: str | None
) -> Sequence[ChildSpec]:
    trading = dict(_trading(settings, key))
    return [
        ChildSpec(
            name=name,
            command=(sys.executable, "-m", module),
            environment={**wanted, **_own(name, key), "PYTHONSAFEPATH": "1"},
            # There is nothing to decide on before prices and bars are there.
            after_secs=_TRADING_AFTER_SECS if name in trading else 0.0,
        )
        for name, module in (*MODULES, *trading.items())
    ]


def _told(settings: Sections, wanted: Mapping[str, str]) -> Mapping[str, str]:
    """Where its exchange is stands in it whoever said so."""
    without_secrets = {
        name: value for name, value in wanted.items() if name != _REDIS_PASSWORD
    }
    return {
        **without_secrets,
        f"{_PREFIX}REST_URL": root.rest_url(settings),
        f"{_PREFIX}WEBSOCKET_URL": root.websocket_url(settings),
    }


def _own(name: str, key: str | None) -> dict[str, str]:
    """The key goes to the one process that signs."""
    return {_KEY: key} if key is not None and name == GATEWAY else {}


def _trading(settings: Sections, key: str | None) -> Sequence[tuple[str, str]]:
    """With strategies it decides; with a key as well it trades."""
    if not settings.strategies:
        return ()
    has_key = key or settings.exchanges.hyperliquid.private_key
    return TRADING_MODULES if has_key else TRADING_MODULES[:1]


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _from_options(options: EmbeddedOptions) -> dict[str, str]:
    wanted: dict[str, str] = {}
    if options.data_dir is not None:
        wanted["THREET_DATA_DIR"] = str(options.data_dir)
    if options.port is not None:
        wanted["THREET_WEB__PORT"] = str(options.port)
    if options.is_demo:
        # Whatever is configured: a demonstration touches no server and no exchange.
        wanted["THREET_DATABASE__HOST"] = ""
        wanted[f"{_PREFIX}WEBSOCKET_URL"] = ""
        wanted[f"{_PREFIX}REST_URL"] = ""
        wanted[_KEY] = ""
        wanted[f"{_PREFIX}NETWORK"] = "simulator"
        wanted[f"{_PREFIX}WALLET_ADDRESS"] = DEMO_ADDRESS
    if options.network is not None:
        wanted[f"{_PREFIX}NETWORK"] = options.network
    if options.address is not None:
        wanted[f"{_PREFIX}WALLET_ADDRESS"] = options.address
    return wanted


def _hlsim(options: EmbeddedOptions, port: int, agent: str) -> ChildSpec:
    positions = [f"{DEMO_ADDRESS}:{position}" for position in _DEMO_POSITIONS]
    command = [
        *(sys.executable, "-m", "hlsim.cli", "serve", "--market", "synthetic"),
        *("--port", str(port), "--seed", str(DEMO_SEED)),
        *("--symbols", str(options.symbols)),
        *("--account", f"{DEMO_ADDRESS}={_DEMO_FUNDS}"),
        *("--agent", f"{DEMO_ADDRESS}={agent}"),
    ]
    for position in positions:
        command += ["--position", position]
    if options.rate is not None:
        command += ["--rate", str(options.rate)]
    if options.control_port is not None:
        command += ["--control-port", str(options.control_port)]
    return ChildSpec(name="hlsim", command=command, environment={"PYTHONSAFEPATH": "1"})
