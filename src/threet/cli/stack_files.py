"""What `3t init` writes for the containers: `.env` with their passwords, `secrets.yml`.

What is there stays as it is, with its comments; only what is missing is added.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import bcrypt

from threet.bootstrap.embedded import DEMO_ADDRESS

ENVIRONMENT = Path(".env")
SECRETS = Path("secrets.yml")
# Whom the containers run as when root installs: nobody of this machine.
_UID_OF_ROOTS_CONTAINERS = 10_001
_PRIVATE = 0o600
_GROUP_KEPT = -1

PASSWORDS = (
    "MARIADB_ROOT_PASSWORD",
    "MARIADB_MIGRATOR_PASSWORD",
    "MARIADB_WRITER_PASSWORD",
    "MARIADB_READER_PASSWORD",
    "MARIADB_EXPORTER_PASSWORD",
    "REDIS_PASSWORD",
    "FLOWER_PASSWORD",
    "GRAFANA_PASSWORD",
    "PROMETHEUS_PASSWORD",
    "ALERTMANAGER_PASSWORD",
    "ELASTIC_PASSWORD",
    "KIBANA_SYSTEM_PASSWORD",
    "KIBANA_ENCRYPTION_KEY",
    "JAEGER_ELASTIC_PASSWORD",
)
# Prometheus and Alertmanager are told only what the password becomes.
_HASHED = ("PROMETHEUS_PASSWORD", "ALERTMANAGER_PASSWORD")

_HEAD = """\
# Made by `3t init` for docker compose: the passwords of its products on this machine.
# The user is admin, of Elasticsearch and Kibana elastic. A password changed here is
# not changed in a database that was begun with another one: docs/how-to/operate.md.
"""
_SECRETS_HEAD = """\
# Keys, and what else is yours alone: see secrets.yml.example. The containers' passwords
# are in .env. Keep every value in quotes: an unquoted 0x... is read as a number.
"""
_DEMO_ACCOUNT = f"""\
exchanges:
  hyperliquid:
    # The demonstration's account on the simulated exchange; put yours here.
    wallet_address: "{DEMO_ADDRESS}"
"""
_NO_ACCOUNT = """\
#exchanges:
#  hyperliquid:
#    wallet_address: "0x..."  # the account itself, never its agent
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Which compose files make the stack; empty is compose's own choice."""

    name: str
    files: tuple[str, ...]


VARIANTS = {
    "full": Variant(name="full", files=("docker-compose.yml",)),
    "light": Variant(
        name="light", files=("docker-compose.yml", "docker-compose.light.yml")
    ),
    "prod": Variant(
        name="prod", files=("docker-compose.yml", "docker-compose.prod.yml")
    ),
}


def owner() -> int:
    """User of our containers: the caller, but never root."""
    return os.getuid() or _UID_OF_ROOTS_CONTAINERS


def complete_environment(network: str, variant: Variant | None) -> list[str]:
    """Write what `.env` lacks; returns the names that were written."""
    text = ENVIRONMENT.read_text() if ENVIRONMENT.exists() else _HEAD
    known = variables(text)
    wanted = {**_missing(known, network), **_chosen(known, variant)}
    if wanted or not ENVIRONMENT.exists():
        write_privately(ENVIRONMENT, _with(text, wanted))
    return list(wanted)


def set_variables(wanted: Mapping[str, str]) -> list[str]:
    """In the `.env` that is there; returns the names of what was otherwise."""
    text = ENVIRONMENT.read_text()
    known = variables(text)
    changed = {
        name: value for name, value in wanted.items() if known.get(name) != value
    }
    if changed:
        write_privately(ENVIRONMENT, _with(text, changed))
    return list(changed)


def make_secrets(network: str) -> bool:
    """Make `secrets.yml` unless there is one; whoever runs the containers owns it."""
    is_missing = not SECRETS.exists()
    if is_missing:
        account = _DEMO_ACCOUNT if network == "simulator" else _NO_ACCOUNT
        write_privately(SECRETS, _SECRETS_HEAD + account)
    if os.geteuid() == 0:
        known = variables(ENVIRONMENT.read_text())
        os.chown(SECRETS, int(known["THREET_UID"]), _GROUP_KEPT)
    return is_missing


def _missing(known: Mapping[str, str], network: str) -> dict[str, str]:
    values = {"THREET_UID": str(owner())}
    values["COMPOSE_PROFILES"] = "simulator" if network == "simulator" else ""
    values |= {name: secrets.token_hex(24) for name in PASSWORDS}
    wanted = {name: value for name, value in values.items() if name not in known}
    return {**wanted, **_hashes({**known, **wanted})}


def _hashes(known: Mapping[str, str]) -> dict[str, str]:
    """Of each password that has none, or has become another since."""
    made = {}
    for name in _HASHED:
        password = known[name].encode()
        old = known.get(f"{name}_BCRYPT", "").encode()
        if not old or not bcrypt.checkpw(password, old):
            digest = bcrypt.hashpw(password, bcrypt.gensalt(10)).decode()
            made[f"{name}_BCRYPT"] = digest
    return made


def _chosen(known: Mapping[str, str], variant: Variant | None) -> dict[str, str]:
    if variant is None:
        return {}
    files = ":".join(variant.files)
    return {} if known.get("COMPOSE_FILE") == files else {"COMPOSE_FILE": files}


def variables(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        name, separator, value = line.partition("=")
        if separator and not name.lstrip().startswith("#"):
            found[name.strip()] = value.strip().strip("'\"")
    return found


def _with(text: str, wanted: Mapping[str, str]) -> str:
    """Each variable in its own line if it has one, else at the end."""
    left = {name: f"{name}={_quoted(value)}" for name, value in wanted.items()}
    lines = [
        left.pop(line.partition("=")[0].strip(), line) for line in text.splitlines()
    ]
    return "\n".join([*lines, *left.values()]) + "\n"


def _quoted(value: str) -> str:
    # Compose would take a $ for the start of a variable's name.
    return f"'{value}'" if "$" in value else value


def write_privately(file: Path, text: str) -> None:
    """Whole or not at all, and never readable by others in between."""
    replace_text(file, text, _PRIVATE)


def replace_text(file: Path, text: str, mode: int) -> None:
    """The file's owner stays whoever it was."""
    draft = file.with_name(f"{file.name}.draft")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w") as out:
        out.write(text)
    if file.exists() and os.geteuid() == 0:
        before = file.stat()
        os.chown(draft, before.st_uid, before.st_gid)
    draft.replace(file)
