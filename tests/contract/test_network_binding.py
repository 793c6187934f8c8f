"""One database, one network: on SQLite and on MariaDB."""

import pytest
from sqlalchemy import Connection, insert, select

from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate
from threet.adapters.sql.network import owner_check
from threet.adapters.sql.schema import exchanges
from threet.model.errors import ConfigurationError


@pytest.fixture(params=["sqlite_url", "mariadb_url"])
def url(request: pytest.FixtureRequest) -> str:
    made: str = request.getfixturevalue(request.param)
    engine = make_engine(made)
    migrate(engine)
    engine.dispose()
    return made


def of(url: str, network: str) -> Database:
    return Database(make_engine(url), owner_check(network))


def add_exchange(connection: Connection) -> None:
    connection.execute(insert(exchanges).values(name="another"))


def test_a_database_of_one_network_takes_no_write_of_another(url: str) -> None:
    mainnet, simulator = of(url, "mainnet"), of(url, "simulator")
    mainnet.write(lambda _: None)
    with pytest.raises(ConfigurationError, match="holds data of mainnet"):
        simulator.write(add_exchange)
    with pytest.raises(ConfigurationError):
        simulator.write(add_exchange)
    names = mainnet.read(
        lambda connection: list(connection.scalars(select(exchanges.c.name)))
    )
    assert "another" not in names
    of(url, "mainnet").write(add_exchange)
    mainnet.close()
    simulator.close()
