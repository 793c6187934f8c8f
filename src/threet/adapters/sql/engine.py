"""A database URL in, an engine out whose every connection keeps our laws."""

from functools import partial
from pathlib import Path
from typing import Any

from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError

from threet.adapters.sql.amounts import exact_decimal
from threet.model.errors import ConfigurationError

CONNECT_TIMEOUT_SECS = 5
# A statement that has not answered by then is given up.
STATEMENT_TIMEOUT_SECS = 30
SQLITE_BUSY_SECS = 15
POOL_SIZE = 5
MAX_OVERFLOW = 20

_SQL_MODE = (
    "STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
)
_MARIADB_DRIVERS = {"mysql", "mysql+pymysql", "mariadb", "mariadb+pymysql"}
_SQLITE_DRIVERS = {"sqlite", "sqlite+pysqlite"}


def make_engine(url: str | URL, *, survives_power_cut: bool = True) -> Engine:
    """``mariadb://user:password@host:3306/name`` or ``sqlite:///path/to/3t.db``.

    A commit always survives the death of its process. That of a process which can make
    up for it may be lost with the power, where the database leaves us the choice.

    Connects to nothing yet, but makes the folder of an SQLite file. To be called after
    a fork: connections are not shared between processes. Raises ``ConfigurationError``
    for other databases, without repeating the URL.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationError(["database: is not a database URL"]) from None
    if parsed.drivername in _MARIADB_DRIVERS:
        return _mariadb(parsed.set(drivername="mariadb+pymysql"))
    if parsed.drivername in _SQLITE_DRIVERS and parsed.database not in (None, ""):
        Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
        level = "FULL" if survives_power_cut else "NORMAL"
        return _sqlite(parsed.set(drivername="sqlite"), level)
    reason = "database: must begin with mariadb:// or sqlite:///, and name a file"
    raise ConfigurationError([reason])


def _mariadb(url: URL) -> Engine:
    # READ COMMITTED: upserts of neighbouring bars lock no gaps, so deadlocks are rare;
    # whatever must be seen as one is read by one statement.
    engine = create_engine(
        url,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_size=POOL_SIZE,
        max_overflow=MAX_OVERFLOW,
        pool_recycle=1800,
        pool_timeout=CONNECT_TIMEOUT_SECS,
        hide_parameters=True,
        connect_args={
            "charset": "utf8mb4",
            "connect_timeout": CONNECT_TIMEOUT_SECS,
            "read_timeout": STATEMENT_TIMEOUT_SECS,
            "write_timeout": STATEMENT_TIMEOUT_SECS,
            # For LOAD DATA of our own files. A hostile server could ask for others:
            # the database is as trusted as its password.
            "local_infile": True,
            "conv": {**conversions, FIELD_TYPE.NEWDECIMAL: exact_decimal},
            "init_command": f"SET SESSION sql_mode='{_SQL_MODE}', time_zone='+00:00', "
            "innodb_lock_wait_timeout=10",
        },
    )
    event.listen(engine, "connect", _assert_strict)
    return engine


def _assert_strict(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("SELECT @@session.sql_mode")
    row = cursor.fetchone()
    cursor.close()
    if row is None or "STRICT_ALL_TABLES" not in str(row[0]):
        raise ConfigurationError(["database: the server refused strict SQL mode"])


def _sqlite(url: URL, synchronous: str) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=POOL_SIZE,
        max_overflow=MAX_OVERFLOW,
        pool_timeout=SQLITE_BUSY_SECS,
        connect_args={"timeout": SQLITE_BUSY_SECS},
    )
    event.listen(engine, "connect", partial(_prepare_sqlite, synchronous))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(synchronous: str, connection: Any, _record: object) -> None:
    # The driver's own BEGIN comes late and is never IMMEDIATE: `_begin_sqlite` does it.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        f"synchronous={synchronous}",  # FULL waits for the disk at each commit
        "foreign_keys=ON",
        f"busy_timeout={SQLITE_BUSY_SECS * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer that begins as a reader cannot wait for another writer, only fail.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
