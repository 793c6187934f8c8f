"""The database that a command asks; it has to be there already."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from threet.adapters.sql.database import Database
from threet.adapters.sql.migrate import current_revision
from threet.bootstrap import processes
from threet.bootstrap import settings as root
from threet.bootstrap.run_file import settings_here
from threet.model.errors import DependencyError

_REMEDY = (
    "run this in 3T's folder, or name the data folder of what runs with --data-dir;"
    " is the network the right one? `3t up` makes the database"
)


@contextmanager
def stored(data_dir: Path | None) -> Iterator[Database]:
    """Makes none: whoever looks into the wrong folder is to be told, in a hurry, too.

    An older schema passes: a kill does not wait for a migration.
    """
    settings, _ = settings_here(data_dir)
    folder = root.data_dir(settings)
    is_file = settings.database.host is None
    where = str(folder) if is_file else settings.database.name
    if is_file and not Path(str(root.database_url(settings).database)).exists():
        raise DependencyError("database", f"there is none in {where}: {_REMEDY}")
    database = processes.database(settings)
    try:
        if current_revision(database.engine) is None:
            raise DependencyError("database", f"{where} is empty: {_REMEDY}")
        yield database
    finally:
        database.close()
