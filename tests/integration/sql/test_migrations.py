"""The schema, from empty, again, at once, and after being cut short."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, event, inspect, text

from tests.servers import MariaDbServer
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import current_revision, migrate, newest_revision
from threet.adapters.sql.product_store import SqlProductStore
from threet.adapters.sql.schema import market_data
from threet.adapters.sql.trading_schema import EVERY_TABLE


@pytest.fixture(params=["sqlite", "mariadb"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Of an empty database."""
    made = make_engine(request.getfixturevalue(f"{request.param}_url"))
    yield made
    made.dispose()


def test_an_empty_database_gets_the_schema_and_the_first_products(
    engine: Engine,
) -> None:
    assert current_revision(engine) is None
    assert migrate(engine) == newest_revision() == current_revision(engine)
    kept = SqlProductStore(Database(engine)).products()
    assert len(kept) == 25
    assert (kept[0].symbol, kept[0].pair) == ("BTC", "BTC/USDC:USDC")
    assert kept[0].max_leverage == 40
    assert "kPEPE" in {product.symbol for product in kept}
    assert all(product.quantity_decimals is None for product in kept)


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    store = SqlProductStore(Database(engine))
    before = store.products()
    migrate(engine)
    assert store.products() == before


def test_the_migrated_schema_is_the_one_the_stores_know(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, EVERY_TABLE) == []
        for table in EVERY_TABLE.sorted_tables:
            key = inspect(connection).get_pk_constraint(table.name)
            assert key["constrained_columns"] == [one.name for one in table.primary_key]


class KilledError(BaseException):
    """The process ends here: nothing catches it."""


@pytest.mark.parametrize("after", range(0, 36, 4))
def test_d2_a_migration_killed_half_way_is_taken_up_again(
    engine: Engine, after: int
) -> None:
    statements = 0

    def die(*_: object) -> None:
        nonlocal statements
        statements += 1
        if statements > after:
            raise KilledError

    event.listen(engine, "before_cursor_execute", die)
    with pytest.raises(KilledError):
        migrate(engine)
    event.remove(engine, "before_cursor_execute", die)
    assert migrate(engine) == newest_revision()
    assert len(SqlProductStore(Database(engine)).products()) == 25
    with engine.connect() as connection:
        assert (
            compare_metadata(MigrationContext.configure(connection), EVERY_TABLE) == []
        )


_MIGRATE = (
    "import sys; from threet.adapters.sql.engine import make_engine; "
    "from threet.adapters.sql.migrate import migrate; "
    "print(migrate(make_engine(sys.argv[1])))"
)


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_processes_migrating_at_once_wait_for_each_other(
    kind: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    command = [sys.executable, "-c", _MIGRATE, url]

    def run(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(run, range(3)))
    assert [one.stderr for one in done] == [""] * 3
    assert {one.stdout.strip() for one in done} == {newest_revision()}
    engine = make_engine(url)
    assert len(SqlProductStore(Database(engine)).products()) == 25
    engine.dispose()


def test_the_cache_is_in_memory_with_an_ordered_index(
    mariadb: MariaDbServer, database_names: Callable[[], str]
) -> None:
    name = database_names()
    engine = make_engine(mariadb.create_database(name))
    migrate(engine)
    engine.dispose()
    shown = str(mariadb.execute(f"SHOW CREATE TABLE {name}.market_data")[0][1])
    assert "ENGINE=MEMORY" in shown
    assert "PRIMARY KEY (`product_id`,`timeframe`,`open_ms`) USING BTREE" in shown
    durable = str(mariadb.execute(f"SHOW CREATE TABLE {name}.candles")[0][1])
    assert "ENGINE=InnoDB" in durable
    assert market_data.name == "market_data"


def test_connections_are_strict_and_in_utc(mariadb_url: str) -> None:
    engine = make_engine(mariadb_url)
    query = text("SELECT @@sql_mode, @@time_zone, @@tx_isolation")
    with engine.connect() as connection:
        mode, zone, isolation = connection.execute(query).one()
    engine.dispose()
    assert "STRICT_ALL_TABLES" in mode
    assert (zone, isolation) == ("+00:00", "READ-COMMITTED")
