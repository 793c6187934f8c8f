"""What runs, asked of Docker itself: healthy, bounded, denied, on loopback only."""

import json
import subprocess
from typing import Any

import pytest

from tests.stack.engine import NAME, PORTS, Project

ONE_SHOTS = {"migrations", "kibana-setup"}
WRITABLE_ROOT = {"elasticsearch", "kibana"}
# No program in its image can ask how it does; Prometheus does.
UNCHECKED = {"otel-collector"}


def user_of(container: Any) -> str:
    """Of the container, else of its image."""
    return str(container["Config"]["User"]).partition(":")[0]


def test_every_container_is_healthy_or_has_done_its_work(project: Project) -> None:
    for name, one in project.containers().items():
        state = one["State"]
        if name in ONE_SHOTS:
            assert (state["Status"], state["ExitCode"]) == ("exited", 0), name
        elif name in UNCHECKED:
            assert state["Status"] == "running", name
        else:
            assert state["Health"]["Status"] == "healthy", name
        assert one["RestartCount"] == 0 or name in ONE_SHOTS, name


def test_a_second_install_changes_nothing(project: Project) -> None:
    before = {name: one["Id"] for name, one in project.containers().items()}
    project.make("install")
    after = {name: one["Id"] for name, one in project.containers().items()}
    assert after == before


def test_all_processes_of_3t_run_from_one_image(project: Project) -> None:
    images = {
        one["Image"]
        for one in project.containers().values()
        if one["Config"]["Image"] == project.variables["THREET_IMAGE"]
    }
    assert len(images) == 1


def test_s12_every_container_is_denied_what_it_does_not_need(project: Project) -> None:
    for name, one in project.containers().items():
        host = one["HostConfig"]
        assert host["CapDrop"] == ["ALL"], name
        assert not host["CapAdd"], name
        assert not host["Privileged"], name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert host["ReadonlyRootfs"] is (name not in WRITABLE_ROOT), name
        assert user_of(one) not in ("", "0", "root"), name


def test_s12_every_container_is_bounded(project: Project) -> None:
    for name, one in project.containers().items():
        host = one["HostConfig"]
        assert host["Memory"] > 0, name
        assert host["NanoCpus"] > 0, name
        assert host["PidsLimit"] > 0, name
        assert host["LogConfig"]["Config"].keys() == {"max-size", "max-file"}, name


def test_what_is_mounted_can_be_written_only_in_volumes(project: Project) -> None:
    for name, one in project.containers().items():
        for mount in one["Mounts"]:
            assert mount["Type"] == "volume" or not mount["RW"], (name, mount)


def test_s5_every_published_port_is_on_loopback(project: Project) -> None:
    found = {
        name: {
            binding["HostIp"]
            for bindings in one["NetworkSettings"]["Ports"].values()
            for binding in bindings or ()
        }
        for name, one in project.containers().items()
    }
    published = {name: hosts for name, hosts in found.items() if hosts}
    assert set.union(*published.values()) == {"127.0.0.1"}
    assert len(published) == len(PORTS)
    assert not {"redis", "mariadb"} & set(published)


@pytest.mark.parametrize("network", ["data", "observe"])
def test_s5_inner_networks_lead_nowhere(project: Project, network: str) -> None:
    command = ["docker", "network", "inspect", f"{NAME}_{network}"]
    told = subprocess.run(command, capture_output=True, check=True).stdout
    assert json.loads(told)[0]["Internal"] is True


def test_a_process_cannot_write_into_its_image(project: Project) -> None:
    for path in ("/app/x", "/opt/venv/x", "/app/src/threet/x"):
        with pytest.raises(AssertionError, match="Read-only file system"):
            project.execute("web", "touch", path)
