"""`3t db`: the schema of the database."""

import sys
from typing import Annotated

import typer

from threet.adapters.sql.migrate import current_revision, drop_everything, migrate
from threet.bootstrap import config, processes

app = typer.Typer(
    help="The database: bring its schema up to date.", no_args_is_help=True
)


@app.command(name="migrate")
def migrate_() -> None:
    """Bring the schema to the newest revision; a second run changes nothing."""
    store = processes.database(config())
    before = current_revision(store.engine)
    after = migrate(store.engine)
    sys.stdout.write(f"database: {before or 'empty'} -> {after}\n")


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Development only: empty the database of the simulator and build it anew.

    Refused on mainnet and testnet: what was recorded there cannot be had again.
    """
    settings = config()
    network = settings.exchanges.hyperliquid.network
    if network != "simulator":
        sys.stderr.write(f"3t: refused: this is the database of {network}\n")
        raise SystemExit(1)
    if not yes:
        typer.confirm("Delete everything in the simulator's database?", abort=True)
    store = processes.database(settings)
    drop_everything(store.engine)
    sys.stdout.write(f"database: reset -> {migrate(store.engine)}\n")
