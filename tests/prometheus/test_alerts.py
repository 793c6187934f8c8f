"""Every alert fires at what it is for, leaves the rest alone, and has its runbook."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.prometheus.rules import FILES, RUNBOOKS, Alert, alerts, promtool

CASES: Mapping[str, Mapping[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "alert_cases.yml").read_text()
)


def told(alert: Alert, one: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What must be told when it fires."""
    case = {**CASES[alert.name], **one}
    runbook = f"docs/runbooks/{alert.name}.md"
    labels = {**alert.labels, **case.get("labels", {})}
    annotations = {"summary": case["summary"], "runbook_url": runbook}
    return [{"exp_labels": labels, "exp_annotations": annotations}]


def of_promtool(alert: Alert) -> Sequence[Mapping[str, Any]]:
    """The cases of an alert in promtool's words."""
    case = CASES[alert.name]
    tests = [looked(alert, one, one["at"], told(alert, one)) for one in case["fires"]]
    tests += [looked(alert, one, one["at"], []) for one in case["quiet"]]
    if "not_yet" in case:
        tests.append(looked(alert, case["fires"][0], case["not_yet"], []))
    return tests


def looked(
    alert: Alert,
    one: Mapping[str, Any],
    at: str,
    expected: Sequence[Mapping[str, Any]],
) -> Mapping[str, Any]:
    look = {"eval_time": at, "alertname": alert.name, "exp_alerts": expected}
    return {
        "name": f"{alert.name} at {at}",
        "interval": "15s",
        "input_series": [
            {"series": series, "values": str(values)}
            for series, values in one["series"].items()
        ],
        "alert_rule_test": [look],
    }


def test_every_alert_fires_and_stays_quiet_as_its_cases_say(tmp_path: Path) -> None:
    """Each by itself, or every case would cost the evaluation of all alerts."""
    files = []
    for alert in alerts():
        rules, cases = (
            tmp_path / f"{alert.name}.yml",
            tmp_path / f"{alert.name}.test.yml",
        )
        group = {"name": alert.name, "rules": [alert.rule]}
        tests = {"evaluation_interval": "15s", "tests": of_promtool(alert)}
        rules.write_text(json.dumps({"groups": [group]}))  # JSON is YAML
        cases.write_text(json.dumps({"rule_files": [rules.name], **tests}))
        files.append(cases)
    found = promtool("test", "rules", *files)
    assert found.returncode == 0, found.stdout + found.stderr


def test_the_rules_are_rules() -> None:
    found = promtool("check", "rules", *FILES)
    assert found.returncode == 0, found.stdout + found.stderr


def test_every_alert_has_cases_in_which_it_fires_and_others_in_which_it_does_not() -> (
    None
):
    names = [alert.name for alert in alerts()]
    assert sorted(names) == sorted(CASES), "one alert of each name, and its cases"
    assert all(case["fires"] and case["quiet"] for case in CASES.values())
    patient = [alert.name for alert in alerts() if "for" in alert.rule]
    assert patient == [name for name in patient if "not_yet" in CASES[name]]


def test_every_alert_says_how_bad_it_is() -> None:
    assert {alert.labels["severity"] for alert in alerts()} == {"critical", "warning"}


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    pages = {page.stem for page in RUNBOOKS.glob("*.md")} - {"README"}
    assert pages == {alert.name for alert in alerts()}
