"""The alert rules as they are loaded, and promtool, which does as Prometheus does."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
RULES = ROOT / "setup" / "prometheus" / "alerts"
RUNBOOKS = ROOT / "docs" / "runbooks"
FILES = sorted(RULES.glob("*.yml"))
_MISSING = (
    "These tests need promtool, of Prometheus. Run setup/tests/install-servers.sh as "
    "root, or: apt-get install prometheus. It need not be running."
)


@dataclass(frozen=True, slots=True)
class Alert:
    """``rule`` is the whole of it, as it stands in its file."""

    name: str
    expression: str
    labels: Mapping[str, str]
    rule: Mapping[str, object]


def alerts() -> Sequence[Alert]:
    return [
        Alert(
            name=rule["alert"],
            expression=rule["expr"],
            labels=rule["labels"],
            rule=rule,
        )
        for file in FILES
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    ]


def promtool(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    found = shutil.which("promtool")
    assert found is not None, _MISSING
    command = [found, *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False
    )
