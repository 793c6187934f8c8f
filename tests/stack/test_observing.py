"""Who watches is there: targets, rules, datasources, data views, the collector."""

import subprocess
from typing import Any

import pytest

from tests.stack.asking import told
from tests.stack.engine import PORTS, Project, wait_until

PROMETHEUS = f"http://127.0.0.1:{PORTS['PROMETHEUS_PORT']}"
ALERTMANAGER = f"http://127.0.0.1:{PORTS['ALERTMANAGER_PORT']}"
GRAFANA = f"http://127.0.0.1:{PORTS['GRAFANA_PORT']}"
KIBANA = f"http://127.0.0.1:{PORTS['KIBANA_PORT']}"


def prometheus(project: Project, path: str) -> Any:
    login = ("admin", project.variables["PROMETHEUS_PASSWORD"])
    return told(f"{PROMETHEUS}/api/v1/{path}", login)["data"]


def down(project: Project) -> dict[str, str]:
    """Targets that cannot be read, with the reason."""
    targets = prometheus(project, "targets")["activeTargets"]
    # The fake has no metrics of its own.
    left_out = {"grafana"} if project.is_fake("grafana") else set()
    return {
        one["scrapePool"]: one["lastError"]
        for one in targets
        if one["health"] != "up" and one["scrapePool"] not in left_out
    }


def test_prometheus_reads_every_target(project: Project) -> None:
    wait_until(lambda: not down(project), "every target up", 90)
    found = {
        row["metric"]["__name__"]
        for query in ("mysql_up", "redis_up")
        for row in prometheus(project, f"query?query={query}==1")["result"]
    }
    assert found == {"mysql_up", "redis_up"}


def test_prometheus_takes_its_rules_and_knows_its_alertmanager(
    project: Project,
) -> None:
    for group in prometheus(project, "rules")["groups"]:
        for rule in group["rules"]:
            assert rule["health"] in ("ok", "unknown"), rule
    wait_until(
        lambda: bool(prometheus(project, "alertmanagers")["activeAlertmanagers"]),
        "the Alertmanager",
        60,
    )


def test_prometheus_keeps_exemplars(project: Project) -> None:
    flags = prometheus(project, "status/flags")
    assert "exemplar-storage" in flags["enable-feature"]


def test_the_collector_accepts_its_configuration(project: Project) -> None:
    image = project.service_images()["otel-collector"]
    config = project.folder / "setup/otel-collector/config.yml"
    command = ["docker", "run", "--rm", "--network=none"]
    command += ["-v", f"{config}:/config.yaml:ro", image]
    command += ["validate", "--config=/config.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_grafana_has_its_datasources(project: Project) -> None:
    login = ("admin", project.variables["GRAFANA_PASSWORD"])
    sources = told(f"{GRAFANA}/api/datasources", login)
    assert {one["uid"] for one in sources} == {
        "prometheus",
        "jaeger",
        "mariadb",
        "alertmanager",
    }


def data_views(project: Project) -> list[str]:
    login = ("elastic", project.variables["ELASTIC_PASSWORD"])
    views = told(f"{KIBANA}/api/data_views", login)["data_view"]
    return sorted(view["name"] for view in views)


def test_r4_kibana_setup_a_second_time_changes_nothing(project: Project) -> None:
    assert data_views(project) == ["Jaeger services", "Jaeger spans"]
    said = project.compose("run", "--rm", "-T", "--no-deps", "kibana-setup")
    assert said == ""
    assert data_views(project) == ["Jaeger services", "Jaeger spans"]


def test_r4_kibana_setup_tells_why_it_failed(project: Project) -> None:
    url = "THREET_OBSERVABILITY__ELASTIC__KIBANA_URL="
    command = ["run", "--rm", "-T", "--no-deps", "-e", url, "kibana-setup"]
    with pytest.raises(AssertionError, match=r"elastic\.kibana_url: is not set"):
        project.compose(*command)


def test_every_variant_is_one_that_compose_takes(project: Project) -> None:
    for extra in ("docker-compose.light.yml", "docker-compose.prod.yml"):
        project.compose("-f", extra, "config", "--quiet")


def test_production_runs_the_code_of_the_image(project: Project) -> None:
    code = "import threet; print(threet.__file__)"
    words = ("run", "--rm", "-T", "--no-deps", "migrations", "python", "-c", code)
    assert project.compose(*words).startswith("/app/src/")
    prod = project.compose("-f", "docker-compose.prod.yml", *words)
    assert prod.startswith("/opt/venv/")
