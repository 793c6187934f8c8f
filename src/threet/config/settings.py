"""One validated, frozen set of settings; every fault is told at once, with its path."""

import difflib
import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError

from threet.config import sources
from threet.config.sections import HyperliquidSettings, Sections
from threet.config.sources import Tree
from threet.model.errors import ConfigurationError

EXCHANGE_HOSTS = ("api.hyperliquid.xyz", "api.hyperliquid-testnet.xyz")


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
    return sources.read_file(Path(named or default), is_secret=is_secret)


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
    """Keys and orders go to the exchange, or to a simulator nearby, to no one else."""
    reasons = []
    for name in ("rest_url", "websocket_url"):
        url = getattr(hyperliquid, name)
        host = urlsplit(url).hostname if url else None
        if host and not _is_allowed(host):
            reasons.append(
                f"exchanges.hyperliquid.{name}: host must be the exchange's, this "
                "machine, or a name without dots in the same network"
            )
    return reasons


def _is_allowed(host: str) -> bool:
    if host in EXCHANGE_HOSTS:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return "." not in host
