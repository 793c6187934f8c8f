"""Brings a database to the newest schema; safe to repeat, at once or after a kill."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from threet.adapters.sql.database import database_errors
from threet.model.errors import ConfigurationError, DependencyError

LOCK_WAIT_SECS = 120
_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(engine: Engine) -> str:
    """Upgrade to the newest revision and return it.

    Of several processes one migrates, the others wait for it. Raises
    ``DependencyError``; what was done then stays and is found done next time.
    """
    with database_errors(), _alone(engine) as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return newest_revision()


def current_revision(engine: Engine) -> str | None:
    """The revision the database is at, None for an empty one."""
    with database_errors(), engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_migrated(engine: Engine) -> None:
    """Raises ``ConfigurationError`` with the remedy when the schema is another one."""
    current, newest = current_revision(engine), newest_revision()
    if current != newest:
        reason = (
            f"database: is {current or 'empty'}, not at {newest}; run `3t db migrate`"
        )
        raise ConfigurationError([reason])


def newest_revision() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise DependencyError("database", "the migrations are not installed")
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A connection while no other process migrates the same database."""
    if engine.dialect.name == "sqlite":
        # DDL is transactional here: the writers' lock is all that is needed.
        with engine.execution_options(writes=True).begin() as connection:
            yield connection
        return
    with engine.connect() as connection:
        # The lock ends with the connection, so a killed process holds none. Its name
        # is server-wide.
        name = f"threet-migrate-{engine.url.database}"[:64]
        got = connection.scalar(
            text("SELECT GET_LOCK(:name, :secs)"),
            {"name": name, "secs": LOCK_WAIT_SECS},
        )
        if got != 1:
            raise DependencyError("database", "another process has been migrating it")
        connection.commit()
        try:
            yield connection
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": name})
