"""`3t connect`: whose account, and the key of its agent; checked, then written down."""

import re
import secrets
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console

from threet.adapters.hyperliquid.signing import Signer
from threet.adapters.system_clock import SystemClock
from threet.bootstrap import settings as root
from threet.bootstrap.doctor import Doctor
from threet.cli import doctor
from threet.cli.stack_files import replace_text, write_privately
from threet.cli.yaml_text import value_at, with_value
from threet.model.errors import ConfigurationError

NETWORKS = ("simulator", "testnet", "mainnet")
_PAGES = {
    "mainnet": "https://app.hyperliquid.xyz/API",
    "testnet": "https://app.hyperliquid-testnet.xyz/API",
}
_SECTION = ("exchanges", "hyperliquid")
_VARIABLE = "THREET_EXCHANGES__HYPERLIQUID__"
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_OTHERS = 0o077
_CONFIG_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Given:
    """What was typed; no message and no repr shows the key."""

    network: str
    address: str
    key: str

    def __repr__(self) -> str:
        return f"Given({self.network!r}, {self.address!r})"


def connect(
    *, network: str | None, address: str | None, key_file: Path | None, force: bool
) -> int:
    """Returns 0 when it was written, else 1. Raises ``ConfigurationError``."""
    given = Given(_network(network), _address(address), _key(key_file))
    _require_same_key(given.key, force=force)
    settings = root.settings_with(_variables(given))
    found = list(Doctor(settings=settings, clock=SystemClock()).connection())
    console = Console()
    doctor.show(console, found)
    if any(one.is_bad for one in found):
        console.print("Nothing was written.")
        return 1
    _write(given)
    sys.stdout.write(_next_steps(given))
    return 0


def make_key(file: Path) -> None:
    """Of an agent to be approved; overwrites nothing."""
    if file.exists():
        raise ConfigurationError([f"{file}: is there already"])
    key = "0x" + secrets.token_hex(32)
    write_privately(file, key + "\n")
    address = Signer(key, "b").address
    sys.stdout.write(f"{file}: the key of agent {address}, which is to be approved\n")


def _network(given: str | None) -> str:
    network = given or typer.prompt(
        f"Network ({', '.join(NETWORKS)})", default="testnet"
    )
    if network not in NETWORKS:
        raise ConfigurationError([f"--network: is one of {', '.join(NETWORKS)}"])
    return str(network)


def _address(given: str | None) -> str:
    address = given or typer.prompt("Address of the account (not of its agent)")
    if not _ADDRESS.fullmatch(address):
        raise ConfigurationError(["--address: must be 0x and 40 hex digits"])
    return str(address).lower()


def _key(file: Path | None) -> str:
    """ "" without one. Never from the command line, which others can read."""
    if file is None:
        typed = typer.prompt(
            "Key of its agent (not shown; Enter for none)",
            default="",
            show_default=False,
            hide_input=True,
        )
    else:
        typed = _private_text(file)
    key = str(typed).strip()
    if key and not _KEY.fullmatch(key):
        raise ConfigurationError(["key: must be 64 hex digits, with or without 0x"])
    return f"0x{key.removeprefix('0x')}" if key else ""


def _private_text(file: Path) -> str:
    try:
        if stat.S_IMODE(file.stat().st_mode) & _OTHERS:
            reason = f"{file}: is readable by others; run: chmod 600 {file}"
            raise ConfigurationError([reason])
        return file.read_text()
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError([f"{file}: cannot be read as text"]) from None


def _require_same_key(key: str, *, force: bool) -> None:
    file = root.secrets_file()
    if not key or force or not file.exists():
        return
    before = value_at(file.read_text(), (*_SECTION, "private_key"))
    if before is not None and before != key:
        reason = f"{file}: holds another key; --force replaces it, for good"
        raise ConfigurationError([reason])


def _variables(given: Given) -> Mapping[str, str]:
    found = {"NETWORK": given.network, "WALLET_ADDRESS": given.address}
    if given.key:
        found["PRIVATE_KEY"] = given.key
    return {_VARIABLE + name: value for name, value in found.items()}


def _write(given: Given) -> None:
    """Both texts are made before either is written."""
    config, private = root.config_file(), root.secrets_file()
    plain = with_value(_text(config), (*_SECTION, "network"), given.network)
    hidden = with_value(_text(private), (*_SECTION, "wallet_address"), given.address)
    if given.key:
        hidden = with_value(hidden, (*_SECTION, "private_key"), given.key)
    write_privately(private, hidden)
    mode = stat.S_IMODE(config.stat().st_mode) if config.exists() else _CONFIG_MODE
    replace_text(config, plain, mode)


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _next_steps(given: Given) -> str:
    written = f"Written: {root.config_file()}, {root.secrets_file()} (yours alone).\n"
    steps = []
    if not given.key and given.network in _PAGES:
        steps.append(f"to trade: make an agent on {_PAGES[given.network]},")
        steps.append("  then `3t connect` again with its key")
    steps.append("`3t doctor`: what else stands in the way; --trade tries an order")
    if given.network == "testnet":
        steps.append("`3t acceptance list`: what only the real venue can prove")
    steps.append("`3t up`: prices, candles, your account; and trading, with strategies")
    if given.network == "mainnet":
        steps.append("  (trading with real money: only with execution.on_mainnet)")
    return written + "Next:\n" + "".join(f"  {step}\n" for step in steps)
