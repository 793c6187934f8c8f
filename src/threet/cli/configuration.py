"""`3t config`: is it right, and what may be set."""

import json
import sys

import typer

from threet import bootstrap
from threet.bootstrap.settings import schema
from threet.bootstrap.strategy_runs import configured

app = typer.Typer(help="Configuration: check it, describe it.", no_args_is_help=True)


@app.command()
def check() -> None:
    """Read config.yml, secrets.yml and the environment; tell every fault at once."""
    settings = bootstrap.config()
    configured(settings)
    network = settings.exchanges.hyperliquid.network
    sys.stdout.write(f"The configuration is valid (network: {network}).\n")


@app.command(name="schema")
def schema_() -> None:
    """The JSON Schema of both files, for editors."""
    sys.stdout.write(json.dumps(schema(), indent=2) + "\n")
