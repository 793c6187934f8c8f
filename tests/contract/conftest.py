"""Databases that the contract suites run against, each empty and migrated."""

from collections.abc import Callable, Iterator

import pytest

from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate

OpenDatabase = Callable[[str], Database]


@pytest.fixture
def open_database(request: pytest.FixtureRequest) -> Iterator[OpenDatabase]:
    """Opens "sqlite" or "mariadb"."""
    opened: list[Database] = []

    def open_one(kind: str) -> Database:
        engine = make_engine(request.getfixturevalue(f"{kind}_url"))
        opened.append(Database(engine))
        migrate(engine)
        return opened[-1]

    yield open_one
    for database in opened:
        database.close()
