"""`3t data`: the stored candles: fill them up, look them over, take them out."""

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from threet.adapters.redis_streams.address import RedisAddress
from threet.bootstrap.data import DataParts, data_parts, data_settings
from threet.cli import run_file
from threet.market_data.backfill import least_secs
from threet.market_data.backfilling import Backfilling
from threet.market_data.schedule import Pair
from threet.model.candles import Timeframe
from threet.model.errors import ConfigurationError, DependencyError

app = typer.Typer(help="The stored candles: fill, audit, export.", no_args_is_help=True)

_INTERRUPTED = 130
_PAUSE_SECS = 2.0
_MOST_RESERVE = 600

Products = Annotated[
    str | None, typer.Option(help="Symbols, by commas [default: every kept product].")
]
Timeframes = Annotated[
    str | None, typer.Option(help="By commas [default: market_data.timeframes].")
]
Network = Annotated[str | None, typer.Option(help="mainnet, testnet or simulator.")]
DataDir = Annotated[Path | None, typer.Option(help="Where a running 3T is looked for.")]


@app.command()
def backfill(
    products: Products = None,
    timeframes: Timeframes = None,
    reserve: Annotated[
        int,
        typer.Option(
            min=0, max=_MOST_RESERVE, help="Weight a minute that is left for others."
        ),
    ] = 120,
    network: Network = None,
    data_dir: DataDir = None,
) -> None:
    """Fetch the 5000 newest candles of every pair, as fast as the budget allows.

    May be stopped and started again: what is stored is not asked for twice.
    """
    parts = opened(network, data_dir)
    pairs = chosen(parts, products, timeframes)
    console = Console()
    with _until_interrupted() as stop:
        one = Backfilling(parts.backfill, pairs, reserve=reserve)
        _say_plan(console, parts, one, reserve)
        with _shown(console) as shown:
            task = shown.add_task("", total=max(one.progress.pairs, 1))
            while not one.is_done and not stop.is_set():
                shown.update(
                    task, completed=one.progress.done, description=_words(parts, one)
                )
                stop.wait(_step(one, console))
            shown.update(
                task, completed=one.progress.done, description=_words(parts, one)
            )
    raise SystemExit(_verdict(console, one))


def opened(network: str | None, data_dir: Path | None) -> DataParts:
    """On the budget of the 3T that runs here, if one does.

    Raises ``ConfigurationError`` and ``DependencyError``.
    """
    settings = data_settings(network)
    if settings.redis.host is not None:
        return data_parts(settings)
    notes = dict(run_file.found(data_dir or settings.data_dir))
    note = notes.get(settings.exchanges.hyperliquid.network)
    if note is None:
        return data_parts(settings)
    address = RedisAddress(
        host="127.0.0.1", port=note.redis_port, password=note.redis_password
    )
    return data_parts(data_settings(network, address))


def chosen(
    parts: DataParts, products: str | None, timeframes: str | None
) -> Sequence[Pair]:
    """Raises ``ConfigurationError`` for what is not kept, or no timeframe."""
    kept = {one.symbol: one for one in parts.products.products()}
    symbols = [name for name, one in kept.items() if not one.is_delisted]
    if products is not None:
        symbols = [name.strip() for name in products.split(",")]
    reasons = [f"no product {name!r} is kept" for name in symbols if name not in kept]
    frames: list[Timeframe] = list(parts.settings.market_data.timeframes)
    if timeframes is not None:
        names = [name.strip() for name in timeframes.split(",")]
        known = {frame.value: frame for frame in Timeframe}
        reasons += [f"{name!r} is no timeframe" for name in names if name not in known]
        frames = [known[name] for name in names if name in known]
    if reasons:
        raise ConfigurationError(reasons)
    return [(symbol, frame) for frame in frames for symbol in symbols]


def _step(one: Backfilling, console: Console) -> float:
    try:
        return one.step()
    except DependencyError as error:
        console.print(f"{error}; again in {_PAUSE_SECS:.0f} s")
        return _PAUSE_SECS


def _say_plan(
    console: Console, parts: DataParts, one: Backfilling, reserve: int
) -> None:
    per_minute = parts.settings.exchanges.hyperliquid.weight_per_minute - reserve
    weight = one.progress.weight_left
    whose = "shared with the running 3T" if parts.has_shared_budget else "all ours"
    console.print(
        f"{one.progress.pairs} pairs to fill, weight {weight} at least: "
        f"{least_secs(weight, per_minute) / 60:.1f} minutes at {per_minute} a minute "
        f"({whose})"
    )


def _words(parts: DataParts, one: Backfilling) -> str:
    now = one.progress
    per_minute = parts.settings.exchanges.hyperliquid.weight_per_minute
    left = least_secs(now.weight_left, per_minute) / 60
    return (
        f"{now.done}/{now.pairs} pairs  {now.bars} bars  weight {now.weight}  "
        f"about {left:.1f} min left"
    )


def _shown(console: Console) -> Progress:
    return Progress(
        BarColumn(), TextColumn("{task.description}"), console=console, transient=False
    )


def _verdict(console: Console, one: Backfilling) -> int:
    for (symbol, timeframe), reason in one.progress.failed.items():
        sys.stderr.write(f"3t: {symbol} {timeframe.value}: {reason}\n")
    if not one.is_done:
        console.print("Stopped. The same command goes on where it was.")
        return _INTERRUPTED
    return 1 if one.progress.failed else 0


@contextmanager
def _until_interrupted() -> Iterator[threading.Event]:
    """Ctrl-C and SIGTERM end the run after the request under way is stored."""
    stop = threading.Event()

    def asked(*_: object) -> None:
        stop.set()

    before = {one: signal.signal(one, asked) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
