"""The files of other products, judged by the products' own tools."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.static.compose import ROOT, services

SETUP = ROOT / "setup"
SCRIPTS = sorted(SETUP.rglob("*.sh"))


def judged(*command: str, cwd: Path = ROOT) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr


def tool(name: str) -> str:
    """Of the environment these tests run in, else of this machine."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(
        name
    )
    assert found is not None, f"{name} is missing: run `make test-servers`"
    return found


def test_the_dockerfile_is_approved_by_hadolint() -> None:
    judged(tool("hadolint"), "Dockerfile")


def test_shell_scripts_are_approved_by_shellcheck() -> None:
    judged(tool("shellcheck"), *map(str, SCRIPTS))


def test_prometheus_accepts_its_configuration_and_rules(tmp_path: Path) -> None:
    # The passwords are made when the container starts.
    text = (SETUP / "prometheus/prometheus.yml").read_text()
    for name in ("prometheus-password", "alertmanager-password"):
        (tmp_path / name).write_text("x")
        text = text.replace(f"/tmp/{name}", str(tmp_path / name))  # noqa: S108
    (tmp_path / "alerts").mkdir()
    for rules in (SETUP / "prometheus/alerts").glob("*.yml"):
        shutil.copy(rules, tmp_path / "alerts")
    (tmp_path / "prometheus.yml").write_text(text)
    judged(tool("promtool"), "check", "config", "prometheus.yml", cwd=tmp_path)


def test_alertmanager_accepts_its_configuration() -> None:
    judged(tool("amtool"), "check-config", "setup/alertmanager/alertmanager.yml")


def test_prometheus_asks_only_services_that_are_there() -> None:
    jobs = yaml.safe_load((SETUP / "prometheus/prometheus.yml").read_text())
    asked = {
        target.partition(":")[0]
        for job in jobs["scrape_configs"]
        for static in job["static_configs"]
        for target in static["targets"]
    }
    assert asked - {"localhost"} <= set(services("full"))


@pytest.mark.parametrize("file", sorted((SETUP / "grafana/dashboards").glob("*.json")))
def test_a_dashboard_names_datasources_that_are_provisioned(file: Path) -> None:
    folder = SETUP / "grafana/provisioning/datasources"
    provisioned = {
        source["uid"]
        for one in folder.glob("*.yml")
        for source in yaml.safe_load(one.read_text())["datasources"]
    }
    named = {
        panel["datasource"]["uid"]
        for panel in json.loads(file.read_text())["panels"]
        if isinstance(panel.get("datasource"), dict)
    }
    assert named <= provisioned | {"-- Mixed --", "-- Grafana --", "grafana"}


def test_redis_never_evicts_and_keeps_what_was_written() -> None:
    words = (SETUP / "redis/redis.conf").read_text().splitlines()
    assert {"maxmemory-policy noeviction", "appendonly yes"} <= set(words)


def test_the_collector_limits_its_memory_before_all_else() -> None:
    config = yaml.safe_load((SETUP / "otel-collector/config.yml").read_text())
    for pipeline in config["service"]["pipelines"].values():
        assert pipeline["processors"][0] == "memory_limiter"
        assert pipeline["processors"][-1] == "batch"
