"""What panels ask MariaDB, asked as Grafana does: with its macros filled in."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Row, text

from setup.grafana.boards.database import EQUITY, POSITIONS
from tests.fake_exchange import ADDRESS, a_position, a_state
from threet.adapters.sql.account_store import SqlAccountStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate

NOON_SECS = 1_700_049_600  # a quarter of an hour begins here
READINGS = ((0, "1000"), (60, "1002"), (900, "1010"), (90_000, "5000"))


@pytest.fixture
def database(mariadb_url: str) -> Iterator[Database]:
    engine = make_engine(mariadb_url)
    migrate(engine)
    database = Database(engine)
    accounts = SqlAccountStore(database)
    for after, value in READINGS:
        held = [a_position("BTC"), a_position("ETH")]
        accounts.record(a_state((NOON_SECS + after) * 1000, value, held), [])
    yield database
    database.close()


def asked(database: Database, statement: str) -> Sequence[Row[Any]]:
    statement = statement.replace("$__unixEpochFrom()", str(NOON_SECS))
    statement = statement.replace("$__unixEpochTo()", str(NOON_SECS + 3600))
    return database.read(lambda one: one.execute(text(statement)).all())


def test_equity_is_the_mean_of_each_quarter_of_an_hour_that_is_shown(
    database: Database,
) -> None:
    assert [tuple(row) for row in asked(database, EQUITY)] == [
        (NOON_SECS, ADDRESS, Decimal(1001)),
        (NOON_SECS + 900, ADDRESS, Decimal(1010)),
    ]


def test_positions_are_those_of_the_newest_reading(database: Database) -> None:
    rows = asked(database, POSITIONS)
    assert sorted(row.symbol for row in rows) == ["BTC", "ETH"]
    (newest,) = {row.read_at.replace(tzinfo=UTC).timestamp() for row in rows}
    assert newest == NOON_SECS + 90_000
