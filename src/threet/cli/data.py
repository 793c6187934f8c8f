"""`3t data`: the stored candles: fill them up, look them over, take them out."""

import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from threet.adapters.parquet.candle_file import Origin, writing
from threet.bootstrap import run_file
from threet.bootstrap.data import DataParts, data_parts
from threet.market_data.audit import PairAudit, gaps_of
from threet.market_data.audit import audit as audit_pair
from threet.market_data.backfill import least_secs
from threet.market_data.backfilling import Backfilling
from threet.market_data.schedule import Pair
from threet.model.candles import Candle, Timeframe
from threet.model.errors import ConfigurationError, DependencyError

app = typer.Typer(help="The stored candles: fill, audit, export.", no_args_is_help=True)

_INTERRUPTED = 130
_PAUSE_SECS = 2.0
_MOST_RESERVE = 600
_PAGE_ROWS = 50_000

Products = Annotated[
    str | None, typer.Option(help="Symbols, by commas [default: every kept product].")
]
Timeframes = Annotated[
    str | None, typer.Option(help="By commas [default: market_data.timeframes].")
]
Network = Annotated[str | None, typer.Option(help="mainnet, testnet or simulator.")]
DataDir = Annotated[
    Path | None, typer.Option(help="Where the database lives [default: ./data].")
]


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


@app.command()
def audit(
    products: Products = None,
    timeframes: Timeframes = None,
    note: Annotated[
        bool, typer.Option("--note", help="Let unknown holes be repaired.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    network: Network = None,
    data_dir: DataDir = None,
) -> None:
    """What is stored of each pair, and whether it can be right; 1 if it cannot."""
    parts = opened(network, data_dir)
    found = [_audited(parts, pair) for pair in chosen(parts, products, timeframes)]
    if as_json:
        rows = [{**asdict(one), "is_consistent": one.is_consistent} for one in found]
        sys.stdout.write(json.dumps(rows) + "\n")
    else:
        Console().print(_audit_table(found))
    if note:
        now_ms = parts.backfill.clock.now_ms()
        unknown = [gap for one in found for gap in gaps_of(one, now_ms)]
        parts.backfill.gaps.note(unknown)
        sys.stderr.write(f"{len(unknown)} holes noted\n")
    raise SystemExit(0 if all(one.is_consistent for one in found) else 1)


@app.command()
def export(
    output: Annotated[Path, typer.Argument(help="The file to write.")],
    products: Products = None,
    timeframes: Timeframes = None,
    format_: Annotated[
        str, typer.Option("--format", help="parquet is the only one.")
    ] = "parquet",
    network: Network = None,
    data_dir: DataDir = None,
) -> None:
    """Write the stored candles into one file, every digit as it is stored."""
    if format_ != "parquet":
        raise ConfigurationError([f"--format: {format_!r} is not parquet"])
    parts = opened(network, data_dir)
    pairs = chosen(parts, products, timeframes)
    named = parts.settings.exchanges.hyperliquid.network
    origin = Origin(source="hyperliquid", network=named)
    metadata = {
        "threet.version": version("threet"),
        "threet.exported_ms": str(parts.backfill.clock.now_ms()),
        "threet.source": origin.source,
        "threet.network": origin.network,
    }
    rows = 0
    try:
        with writing(output, origin, metadata) as out:
            for pair in pairs:
                for page in _pages(parts, pair):
                    out.append(page)
                    rows += len(page)
    except OSError as error:
        raise ConfigurationError([f"{output}: {error.strerror}"]) from error
    sys.stdout.write(f"{rows} candles of {len(pairs)} pairs in {output}\n")


def _audited(parts: DataParts, pair: Pair) -> PairAudit:
    stored, now_ms = parts.backfill.backfills, parts.backfill.clock.now_ms()
    gaps = parts.backfill.gaps.known_of(*pair)
    return audit_pair(pair, stored.opens(*pair), gaps, now_ms)


def _audit_table(found: Sequence[PairAudit]) -> Table:
    table = Table()
    for column in ("pair", "bars", "first", "last", "oldest possible"):
        table.add_column(column)
    for column in ("holes", "unknown", "given up", "wrong"):
        table.add_column(column)
    for one in found:
        table.add_row(
            f"{one.symbol} {one.timeframe}",
            str(one.bars),
            *(_instant(at) for at in (one.first_ms, one.last_ms)),
            _instant(one.oldest_possible_ms),
            str(one.known_holes),
            str(len(one.unknown_holes)),
            str(one.given_up),
            str(one.duplicates + one.misplaced + one.early),
        )
    return table


def _instant(at_ms: int | None) -> str:
    if at_ms is None:
        return "none"
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def _pages(parts: DataParts, pair: Pair) -> Iterator[Sequence[Candle]]:
    from_ms = 0
    while page := parts.backfill.backfills.page(*pair, from_ms, _PAGE_ROWS):
        yield page
        from_ms = page[-1].open_ms + 1


def opened(network: str | None, data_dir: Path | None) -> DataParts:
    """On the budget of the 3T that runs here, if one does.

    Raises ``ConfigurationError`` and ``DependencyError``.
    """
    settings, _ = run_file.settings_here(data_dir, network)
    return data_parts(settings)


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
