"""`make install-light` is healthy without Elasticsearch and Kibana; the last test."""

import time
from collections.abc import Iterator

import pytest

from tests.stack.asking import status
from tests.stack.engine import PORTS, Project

LEFT_OUT = {"elasticsearch", "kibana", "kibana-setup", "trace_retention"}


@pytest.fixture
def light(begun: Project) -> Iterator[Project]:
    begun.compose("--profile", "*", "down", "--volumes", "--timeout", "5")
    begun.files.insert(1, "docker-compose.light.yml")
    yield begun
    begun.compose("--profile", "*", "down", "--volumes", "--timeout", "5")
    begun.files.remove("docker-compose.light.yml")


def test_the_light_variant_becomes_healthy(light: Project) -> None:
    started = time.monotonic()
    light.make("install-light")
    took = time.monotonic() - started
    print(f"\nmake install-light: healthy after {took:.0f} s")  # noqa: T201
    print(light.memory())  # noqa: T201
    containers = light.containers()
    assert not LEFT_OUT & set(containers)
    mounted = {mount["Source"] for mount in containers["jaeger"]["Mounts"]}
    assert any(path.endswith("setup/jaeger/badger.yml") for path in mounted)
    assert status(f"http://127.0.0.1:{PORTS['JAEGER_PORT']}/api/services") == 200
