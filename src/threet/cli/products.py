"""`3t products`: which markets are kept."""

import sys
from collections.abc import Collection
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from threet.adapters.sql.migrate import require_migrated
from threet.adapters.sql.product_store import SqlProductStore
from threet.adapters.system_clock import SystemClock
from threet.bootstrap import config, processes
from threet.model.errors import ConfigurationError
from threet.model.products import dex_of

app = typer.Typer(
    help="Products: which markets' candles are kept.", no_args_is_help=True
)


def _store() -> SqlProductStore:
    database = processes.database(config())
    require_migrated(database.engine)
    return SqlProductStore(database)


@app.command(name="list")
def list_() -> None:
    """Every kept product."""
    table = Table()
    for column in ("symbol", "pair", "type", "max leverage", "size decimals", "listed"):
        table.add_column(column)
    for product in _store().products():
        decimals = product.quantity_decimals
        table.add_row(
            product.symbol,
            product.pair,
            product.product_type.value,
            str(product.max_leverage),
            "unknown" if decimals is None else str(decimals),
            "no" if product.is_delisted else "yes",
        )
    Console().print(table)


@app.command()
def add(
    symbols: Annotated[list[str], typer.Argument(help="As the exchange names them.")],
) -> None:
    """Keep more products; their rules are read from the exchange's catalogue."""
    settings = config()
    catalogue = {
        product.symbol: product
        for product in processes.reader(settings, SystemClock()).products()
    }
    unknown = [symbol for symbol in symbols if symbol not in catalogue]
    if unknown:
        dexes = settings.exchanges.hyperliquid.dexes
        raise ConfigurationError([unlisted(name, dexes) for name in unknown])
    store = _store()
    new = store.add([catalogue[symbol] for symbol in symbols])
    sys.stdout.write(f"{new} added, {len(symbols) - new} refreshed\n")


def unlisted(symbol: str, dexes: Collection[str]) -> str:
    """Why a symbol is not in the catalogue of the first and of the configured dexes."""
    dex = dex_of(symbol)
    if dex and dex not in dexes:
        return f"{symbol!r}: add {dex} to exchanges.hyperliquid.dexes first"
    return f"the exchange lists no {symbol!r}"
