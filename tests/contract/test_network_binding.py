"""One database, one network: on SQLite and on MariaDB."""

from collections.abc import Iterator

import pytest

from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate
from threet.adapters.sql.network import bind
from threet.model.errors import ConfigurationError


@pytest.fixture(params=["sqlite_url", "mariadb_url"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    made = Database(make_engine(request.getfixturevalue(request.param)))
    migrate(made.engine)
    yield made
    made.close()


def test_a_database_of_one_network_is_refused_to_another(database: Database) -> None:
    bind(database, "mainnet")
    bind(database, "mainnet")
    with pytest.raises(ConfigurationError, match="holds data of mainnet"):
        bind(database, "simulator")
