"""One validated, frozen set of settings; every fault is told at once, with its path."""

import difflib
import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from pydantic import ValidationError

from threet.config import sources
from threet.config.sections import HyperliquidSettings, Sections
from threet.config.sources import Tree
from threet.model.errors import ConfigurationError

EXCHANGE_HOSTS = {
    "mainnet": "api.hyperliquid.xyz",
    "testnet": "api.hyperliquid-testnet.xyz",
}
_EXPECTED = {
    **{name: f"https or wss, host {host}" for name, host in EXCHANGE_HOSTS.items()},
    "simulator": "on this machine, or a name without dots in the same network",
}


def load(
    directory: Path | None = None, environment: Mapping[str, str] | None = None
) -> Sections:
    """Read config.yml and secrets.yml of ``directory``, then the environment.

    No file at all is a valid configuration: the embedded defaults. A file that is named
    by THREET_CONFIG or THREET_SECRETS has to exist. Raises ``ConfigurationError`` with
    all reasons; none of them holds a value that was set.
    """
    environment = os.environ if environment is None else environment
    directory = directory or Path()
    config, reasons = _file(
        environment.get(sources.CONFIG_VARIABLE),
        directory / sources.CONFIG_FILE,
        is_secret=False,
    )
    secrets, more = _file(
        environment.get(sources.SECRETS_VARIABLE),
        directory / sources.SECRETS_FILE,
        is_secret=True,
    )
    reasons += more
    tree = sources.merged(config, secrets)
    tree = sources.merged(tree, sources.from_environment(environment))
    settings, more = _validated(tree)
    reasons += more
    if reasons or settings is None:
        raise ConfigurationError(reasons)
    return settings


def _file(
    named: str | None, default: Path, *, is_secret: bool
) -> tuple[Tree, list[str]]:
    if named is None and not default.exists():
        return {}, []
    path = Path(named or default)
    tree, reasons = sources.read_file(path, is_secret=is_secret)
    if not is_secret:
        reasons += [
            f"{path}: {secret} belongs into {sources.SECRETS_FILE}"
            for secret in sources.secrets_in(tree)
        ]
    return tree, reasons


def _validated(tree: Tree) -> tuple[Sections | None, list[str]]:
    try:
        settings = Sections.model_validate(tree)
    except ValidationError as error:
        return None, [
            _reason(fault["loc"], fault["type"], fault["msg"])
            for fault in error.errors(include_input=False, include_url=False)
        ]
    return settings, _contradictions(settings)


def _reason(location: tuple[int | str, ...], kind: str, message: str) -> str:
    path = ".".join(str(part) for part in location)
    if kind == "extra_forbidden":
        return f"{path}: unknown key{_suggestion(location)}"
    if kind == "tuple_type":
        return f"{path}: must be a list, in brackets"
    return f"{path}: {message.removeprefix('Value error, ')}"


def _suggestion(location: tuple[int | str, ...]) -> str:
    section: type | None = Sections
    for part in location[:-1]:
        fields = getattr(section, "model_fields", {})
        section = fields[part].annotation if part in fields else None
    known = list(getattr(section, "model_fields", {}))
    near = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f", did you mean {near[0]}?" if near else ""


def _contradictions(settings: Sections) -> list[str]:
    reasons = []
    most, fewest = settings.celery.autoscale
    if most < fewest:
        reasons.append("celery.autoscale: must be [most, fewest]")
    reasons += _foreign_hosts(settings.exchanges.hyperliquid)
    return reasons


def _foreign_hosts(hyperliquid: HyperliquidSettings) -> list[str]:
    """Keys and orders go to the network's own exchange, or to a simulator nearby; and
    what one network said is never stored as another's."""
    network_of = {
        "rest_url": hyperliquid.network,
        "websocket_url": hyperliquid.network,
        "simulator_url": "simulator",
    }
    reasons = []
    for name, network in network_of.items():
        url = getattr(hyperliquid, name)
        if url and not _is_of(network, urlsplit(url)):
            reasons.append(
                f"exchanges.hyperliquid.{name}: is not of network {network}"
                f" ({_EXPECTED[network]})"
            )
    return reasons


def _is_of(network: str, url: SplitResult) -> bool:
    host = url.hostname or ""
    if network != "simulator":
        return host == EXCHANGE_HOSTS[network] and url.scheme in ("https", "wss")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return bool(host) and "." not in host
