"""Real servers for whoever asks; each is started once for the whole run of tests."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from tests.servers import MariaDbServer, ValkeyServer

pytest_plugins = ["hlsim.testing"]


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDbServer]:
    server = MariaDbServer(tmp_path_factory.mktemp("mariadb"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    server = ValkeyServer(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def valkey_client(valkey: ValkeyServer) -> Iterator["redis.Redis"]:
    """A client of an empty Valkey."""
    with redis.Redis(port=valkey.port) as client:
        client.flushall()
        yield client


@pytest.fixture(scope="session")
def database_names() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"t{next(numbers)}"


@pytest.fixture
def mariadb_url(mariadb: MariaDbServer, database_names: Callable[[], str]) -> str:
    """A new, empty database of its own for this test."""
    return mariadb.create_database(database_names())


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / '3t.db'}"
