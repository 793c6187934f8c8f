"""Every expression that a panel or an alert asks of Prometheus."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.prometheus.rules import ROOT, alerts

DASHBOARDS = ROOT / "setup" / "grafana" / "dashboards"


@dataclass(frozen=True, slots=True)
class Asked:
    """``where`` tells a reader which panel or alert it is of."""

    where: str
    expression: str


def of_panels() -> Sequence[Asked]:
    return [
        Asked(f"{file.stem}: {panel['title']} {target['refId']}", target["expr"])
        for file in sorted(DASHBOARDS.glob("*.json"))
        for panel in json.loads(file.read_text())["panels"]
        for target in panel.get("targets", [])
        if "expr" in target
    ]


def of_alerts() -> Sequence[Asked]:
    return [Asked(alert.name, alert.expression) for alert in alerts()]


def every() -> Iterator[Asked]:
    yield from of_panels()
    yield from of_alerts()
