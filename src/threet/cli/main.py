"""The 3t command and its subcommands: parse, call, say how it went."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from threet.bootstrap import telling_refusals
from threet.bootstrap.embedded import EmbeddedOptions
from threet.cli import (
    acceptance,
    configuration,
    connect,
    data,
    database,
    doctor,
    init,
    ledger,
    products,
    status,
    strategy,
    trading,
    up,
)
from threet.model.errors import ThreeTError

app = typer.Typer(
    help="3T: automated trading on the HyperLiquid perpetuals exchange.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(database.app, name="db")
app.add_typer(products.app, name="products")
app.add_typer(configuration.app, name="config")
app.add_typer(data.app, name="data")
app.add_typer(ledger.app, name="ledger")
app.add_typer(strategy.app, name="strategy")
app.add_typer(acceptance.app, name="acceptance")

DataDir = Annotated[
    Path | None,
    typer.Option(help="Where the database, Valkey and logs live [default: ./data]."),
]
Port = Annotated[int | None, typer.Option(help="The page's port [default: 8080].")]
Browser = Annotated[bool, typer.Option(help="Open the page in a browser.")]
Seconds = Annotated[
    float | None,
    typer.Option(min=5, help="Run this long, check itself, and end with the verdict."),
]


@app.command()
def demo(
    port: Port = None,
    data_dir: DataDir = None,
    browser: Browser = True,
    seconds: Seconds = None,
    symbols: Annotated[int, typer.Option(min=30, max=1000)] = 230,
    rate: Annotated[
        int | None, typer.Option(min=1, help="Market messages a second.")
    ] = None,
    control_port: Annotated[
        int | None,
        typer.Option(min=1, max=65_535, help="Faults of the exchange are set here."),
    ] = None,
) -> None:
    """A simulated exchange, the whole platform on it, and a page to look at.

    Needs no key, no account, no network and no file.
    """
    options = EmbeddedOptions(
        port=port,
        data_dir=data_dir,
        is_demo=True,
        symbols=symbols,
        rate=rate,
        control_port=control_port,
    )
    raise SystemExit(up.run(options, seconds=seconds, opens_browser=browser))


@app.command(name="up")
def up_(
    network: Annotated[
        str | None, typer.Option(help="mainnet, testnet or simulator.")
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="The account to show, 0x and 40 hex digits.")
    ] = None,
    port: Port = None,
    data_dir: DataDir = None,
    browser: Browser = False,
    seconds: Seconds = None,
) -> None:
    """The whole platform on this machine, on a private Valkey and SQLite.

    Reads public data and, with an address, the account's balance. Needs no key.
    """
    options = EmbeddedOptions(
        network=network, address=address, port=port, data_dir=data_dir
    )
    raise SystemExit(up.run(options, seconds=seconds, opens_browser=browser))


@app.command(name="status")
def status_(data_dir: DataDir = None) -> None:
    """What runs here, and how it does; exits with 1 when something is wrong."""
    raise SystemExit(status.show(data_dir))


@app.command(name="init")
def init_(
    variant: Annotated[
        str | None,
        typer.Option(help="full, light (no Elasticsearch, no Kibana) or prod."),
    ] = None,
    trading: Annotated[
        bool, typer.Option("--trading", help="Also what trades, from now on.")
    ] = False,
) -> None:
    """Passwords for the containers into .env, and a secrets.yml; asks nothing.

    Only what is missing is written; a second run changes nothing.
    """
    init.make(variant, trading=trading)


@app.command(name="doctor")
def doctor_(
    trade: Annotated[
        bool, typer.Option("--trade", help="Send an order far away, and cancel it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    data_dir: DataDir = None,
) -> None:
    """What stands between here and the next trade; exits with 1 if anything does."""
    code = doctor.examine(trades=trade, as_json=as_json, data_dir=data_dir)
    raise SystemExit(code)


@app.command(name="connect")
def connect_(
    network: Annotated[
        str | None, typer.Option(help="mainnet, testnet or simulator.")
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="The account, never its agent.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="Holds the agent's key; else it is asked for.")
    ] = None,
    new_key: Annotated[
        Path | None, typer.Option(help="Only make a key, into this file.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace another key that is there.")
    ] = False,
) -> None:
    """Your account and its agent's key: checked, then into config.yml, secrets.yml."""
    if new_key is not None:
        connect.make_key(new_key)
        return
    code = connect.connect(
        network=network, address=address, key_file=key_file, force=force
    )
    raise SystemExit(code)


@app.command()
def why(
    symbol: str,
    at: Annotated[
        str | None, typer.Option(help="Up to then, UTC: 2026-11-25T22:00:00.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=1000)] = 3,
    data_dir: DataDir = None,
) -> None:
    """Why something was done about a symbol, or why not."""
    raise SystemExit(trading.why(symbol, at, count, data_dir))


@app.command()
def kill(
    reason: Annotated[str, typer.Option(help="Kept with the halt.")] = "by hand",
    flatten: Annotated[
        bool, typer.Option("--flatten", help="Close every position as well.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Stop trading: cancel what rests, open nothing, until `3t resume`."""
    raise SystemExit(trading.kill(reason, data_dir, flatten=flatten))


@app.command()
def resume(data_dir: DataDir = None) -> None:
    """End what `3t kill` began."""
    raise SystemExit(trading.resume(data_dir))


def main() -> None:
    """Run the command; every expected failure is a sentence and an exit code."""
    try:
        with telling_refusals():
            app()
    except ThreeTError as error:
        sys.stderr.write(f"3t: {error}\n")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
