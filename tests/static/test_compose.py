"""What the compose files promise of every container, read without a Docker."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.static.compose import ROOT, VARIANTS, Tree, merged, services
from threet.cli import stack_files

CASES = [
    pytest.param(variant, name, id=f"{variant}-{name}")
    for variant in VARIANTS
    for name in services(variant)
]
OURS = "${THREET_IMAGE:-threet:local}"
ONE_SHOTS = {"migrations", "kibana-setup"}
# At their start they write into their own folders; the compose file says what.
WRITABLE_ROOT = {"elasticsearch", "kibana"}
# Its image holds one program, which can ask nobody: Prometheus watches it.
UNCHECKED = {"otel-collector"}
PORTS = {
    "web": 8080,
    "grafana": 3000,
    "jaeger": 16686,
    "kibana": 5601,
    "flower": 5555,
    "prometheus": 9090,
    "alertmanager": 9093,
    "elasticsearch": 9200,
    "otel-collector": 4318,
}


def service(variant: str, name: str) -> Tree:
    return services(variant)[name]


def published(variant: str) -> dict[str, list[str]]:
    return {
        name: one["ports"] for name, one in services(variant).items() if "ports" in one
    }


def test_every_variant_conforms_to_the_schema_of_compose(tmp_path: Path) -> None:
    files = []
    for variant in VARIANTS:
        file = tmp_path / f"{variant}.json"
        file.write_text(json.dumps(merged(variant)))
        files.append(str(file))
    command = ["check_jsonschema", "--builtin-schema", "vendor.compose-spec", *files]
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("variant", VARIANTS)
def test_s5_every_port_is_published_on_loopback_only(variant: str) -> None:
    form = re.compile(r"127\.0\.0\.1:\$\{[A-Z]+_PORT:-(\d+)\}:(\d+)")
    for name, ports in published(variant).items():
        (port,) = ports
        found = form.fullmatch(port)
        assert found, port
        assert int(found[1]) == int(found[2]) == PORTS[name]


def test_r24_every_page_has_its_port() -> None:
    assert set(published("full")) == set(PORTS)
    assert not {"redis", "mariadb"} & set(published("full"))


@pytest.mark.parametrize(("variant", "name"), CASES)
def test_s12_a_container_is_denied_what_it_does_not_need(
    variant: str, name: str
) -> None:
    one = service(variant, name)
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["read_only"] is (name not in WRITABLE_ROOT)
    denied = {"cap_add", "privileged", "pid", "ipc", "network_mode", "devices"}
    assert not denied & set(one)
    # Some hosts refuse raised limits: they would belong into a file of their own.
    assert "ulimits" not in one


@pytest.mark.parametrize(("variant", "name"), CASES)
def test_a_container_is_bounded(variant: str, name: str) -> None:
    one = service(variant, name)
    assert re.fullmatch(r"[1-9]\d*[mg]", one["mem_limit"])
    assert 0 < one["cpus"] <= 2
    assert 0 < one["pids_limit"] <= 2048
    assert set(one["logging"]["options"]) == {"max-size", "max-file"}


@pytest.mark.parametrize(("variant", "name"), CASES)
def test_a_service_is_kept_and_asked_how_it_does(variant: str, name: str) -> None:
    one = service(variant, name)
    if name in ONE_SHOTS:
        assert one["restart"] == "no"
        assert "healthcheck" not in one
        return
    assert one["restart"] == "unless-stopped"
    assert ("healthcheck" in one) is (name not in UNCHECKED)


@pytest.mark.parametrize("variant", VARIANTS)
def test_somebody_waits_for_the_end_of_every_one_shot(variant: str) -> None:
    # Or older versions of compose take it for a failure of `up --wait`.
    waited_for = {
        name
        for one in services(variant).values()
        for name, how in one.get("depends_on", {}).items()
        if how["condition"] == "service_completed_successfully"
    }
    assert waited_for == ONE_SHOTS & set(services(variant))


@pytest.mark.parametrize("variant", VARIANTS)
def test_nobody_waits_for_what_does_not_start_or_is_never_healthy(variant: str) -> None:
    started = services(variant)
    for name, one in started.items():
        for other, how in one.get("depends_on", {}).items():
            assert other in started, name
            if how["condition"] == "service_healthy":
                assert "healthcheck" in started[other], (name, other)


@pytest.mark.parametrize("variant", VARIANTS)
def test_one_image_serves_all_processes_and_is_built_once(variant: str) -> None:
    ours = {
        name: one for name, one in services(variant).items() if one["image"] == OURS
    }
    assert [name for name, one in ours.items() if "build" in one] == ["migrations"]
    assert {one["pull_policy"] for one in ours.values()} == {"never"}
    others = [one for name, one in services(variant).items() if name not in ours]
    assert not [one for one in others if "build" in one]


@pytest.mark.parametrize("name", services("full"))
def test_an_image_is_pinned_to_a_release(name: str) -> None:
    image = service("full", name)["image"]
    assert image == OURS or re.search(r":v?\d+\.\d+\.\d+(-\w+)?$", image)


def test_no_network_of_databases_leads_out() -> None:
    networks = merged("full")["networks"]
    assert networks["data"]["internal"]
    assert networks["observe"]["internal"]
    assert service("full", "redis")["networks"] == ["data"]
    assert service("full", "mariadb")["networks"] == ["data"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_published_port_has_a_network_that_carries_it(variant: str) -> None:
    for name in published(variant):
        outer = {"front", "outside"} & set(service(variant, name)["networks"])
        # With both, the way out would be the one that leads nowhere.
        assert len(outer) == 1, name


def test_only_who_asks_the_exchange_or_tells_of_an_alert_can_reach_out() -> None:
    out = {
        name for name, one in services("full").items() if "outside" in one["networks"]
    }
    askers = {"price_stream_producer", "celery_worker", "web"}
    assert out == {*askers, "trader", "order_gateway", "alertmanager"}


def test_s4_only_the_order_gateway_reads_a_key() -> None:
    key = "THREET_EXCHANGES__HYPERLIQUID__PRIVATE_KEY"
    mounts = "./secrets.yml:/app/secrets.yml:ro"
    told = {
        name
        for name, one in services("full").items()
        if mounts in one.get("volumes", ()) and one["environment"].get(key) != ""
    }
    assert told == {"order_gateway"}


def test_source_is_mounted_read_only_and_in_production_not_at_all() -> None:
    for name, one in services("full").items():
        if one["image"] == OURS:
            assert "./src:/app/src:ro" in one["volumes"], name
    for one in services("prod").values():
        assert not [mount for mount in one.get("volumes", ()) if "./src" in mount]


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_is_mounted_of_this_folder_exists_and_is_read_only(variant: str) -> None:
    made_by_init = {"./secrets.yml"}
    for one in services(variant).values():
        for mount in one.get("volumes", ()):
            source, _, rest = mount.partition(":")
            if source.startswith("./"):
                assert rest.endswith(":ro"), mount
                assert source in made_by_init or (ROOT / source).exists(), mount


def test_the_light_variant_has_no_elasticsearch() -> None:
    left_out = set(services("full")) - set(services("light"))
    assert left_out == {"elasticsearch", "kibana", "kibana-setup", "trace_retention"}
    assert service("light", "jaeger").get("depends_on") is None


def test_every_password_is_demanded_and_made_by_init() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    demanded = set(re.findall(r"\$\{([A-Z_]+):\?run 3t init\}", text))
    hashed = {name for name in demanded if name.endswith("_BCRYPT")}
    assert demanded - hashed == set(stack_files.PASSWORDS)
    secret = re.findall(r"\$\{([A-Z_]*(?:PASSWORD|KEY)[A-Z_]*)(?!:\?)[}:]", text)
    assert set(secret) <= demanded
    assert not re.findall(r"\$\{[A-Z_]*(?:PASSWORD|KEY)[A-Z_]*(?::-[^}]*)?\}", text)
