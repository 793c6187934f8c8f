"""Transactions: begun, committed, repeated on a deadlock, their errors translated."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    SQLAlchemyError,
    StatementError,
)

from threet.model.errors import DependencyError, InvalidValueError, ThreeTError

T = TypeVar("T")

_ATTEMPTS = 4
_PAUSE_SECS = 0.05
# MariaDB: lock wait timeout, deadlock, record changed since last read; and a key that
# another transaction took between our look and our insert.
_REPEATABLE_CODES = {1205, 1213, 1020, 1062}


class Database:
    """What the stores share. Thread-safe; one per process.

    Each piece of work is one whole transaction and may be run again, so it must do
    nothing beside the database. Raises ``DependencyError`` when the database did not
    do it, and lets the work's own ``ThreeTError`` pass; then nothing was committed.
    """

    def __init__(
        self, engine: Engine, check: Callable[[Connection], None] | None = None
    ) -> None:
        """``check`` is part of the first write; while it raises nothing is written."""
        self.engine = engine
        self._check = check
        self._writer = engine.execution_options(writes=True)
        self._here = threading.local()

    @property
    def is_mariadb(self) -> bool:
        return self.engine.dialect.name == "mariadb"

    def read(self, work: Callable[[Connection], T]) -> T:
        return self._run(self.engine, work)

    def write(self, work: Callable[[Connection], T]) -> T:
        check = self._check
        if check is None:
            return self._run(self._writer, work)

        def checked(connection: Connection) -> T:
            check(connection)
            return work(connection)

        result = self._run(self._writer, checked)
        self._check = None
        return result

    @contextmanager
    def joined(self, connection: Connection) -> Iterator[None]:
        """Reads and writes of this thread become part of the connection's transaction,
        which is committed, repeated or rolled back by whoever began it."""
        self._here.connection = connection
        try:
            yield
        finally:
            self._here.connection = None

    def _run(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        connection: Connection | None = getattr(self._here, "connection", None)
        return _run(engine, work) if connection is None else work(connection)

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def database_errors() -> Iterator[None]:
    """The one place where the driver's errors become ours; never with parameters."""
    try:
        yield
    except ThreeTError:
        raise
    except IntegrityError as error:
        raise InvalidValueError("row", "keep the keys", _driver_words(error)) from error
    except (DataError, UnicodeError) as error:
        raise InvalidValueError("row", "fit its table", _driver_words(error)) from error
    except (SQLAlchemyError, OSError) as error:
        if isinstance(error, StatementError) and isinstance(error.orig, ThreeTError):
            raise error.orig from error  # a column type refused a value
        raise DependencyError("database", _driver_words(error)) from error


def _run(engine: Engine, work: Callable[[Connection], T]) -> T:
    with database_errors():
        for attempt in range(1, _ATTEMPTS):
            try:
                return _once(engine, work)
            except DBAPIError as error:
                if not _is_repeatable(error):
                    raise
            threading.Event().wait(_PAUSE_SECS * attempt)
        return _once(engine, work)


def _once(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.begin() as connection:
        return work(connection)


def driver_code(error: DBAPIError) -> int | None:
    """MariaDB's number of the error, None where there is none."""
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def _is_repeatable(error: DBAPIError) -> bool:
    if driver_code(error) in _REPEATABLE_CODES:
        return True
    return "database is locked" in str(error.orig)


def _driver_words(error: Exception) -> str:
    """Without SQLAlchemy's statement and parameters."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    words = " ".join(str(one) for one in getattr(cause, "args", ()))
    return f"{type(cause).__name__} {words:.200}".strip()
