"""`3t db`: the schema of the database."""

import shutil
import sys
from typing import Annotated

import typer

from threet.adapters.sql.migrate import current_revision
from threet.bootstrap import config, processes
from threet.bootstrap.run_file import only_one
from threet.bootstrap.settings import data_dir

app = typer.Typer(
    help="The database: bring its schema up to date.", no_args_is_help=True
)


@app.command(name="migrate")
def migrate_() -> None:
    """Bring the schema to the newest revision; a second run changes nothing."""
    store = processes.database(config())
    before = current_revision(store.engine)
    after = processes.prepared_database(config())
    sys.stdout.write(f"database: {before or 'empty'} -> {after}\n")


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Development only: forget what the simulator's embedded run has stored.

    Its SQLite file and its Valkey, which remembers what was fetched, go together.
    Refused on mainnet and testnet, whose past cannot be had again, for a database
    server, which does not say whose data it holds, and while the platform runs.
    """
    settings = config()
    network = settings.exchanges.hyperliquid.network
    if network != "simulator" or settings.database.host is not None:
        whose = "a database server" if settings.database.host else network
        sys.stderr.write(f"3t: refused: this would empty the database of {whose}\n")
        raise SystemExit(1)
    folder = data_dir(settings)
    with only_one(folder):
        if not yes:
            typer.confirm(f"Delete what is stored in {folder}?", abort=True)
        for file in folder.glob("threet.db*"):
            file.unlink()
        shutil.rmtree(folder / "valkey", ignore_errors=True)
        revision = processes.prepared_database(settings)
    sys.stdout.write(f"database: reset -> {revision}\n")
