"""`3t strategy`: a new strategy of your own, and how one would have done."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from threet.adapters.simulated.history import bars_of
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.migrate import require_migrated
from threet.adapters.system_clock import SystemClock
from threet.bootstrap import processes
from threet.bootstrap.embedded import DEMO_SEED
from threet.bootstrap.settings import settings_in
from threet.cli import strategy_files
from threet.engine.run import StrategyRun
from threet.engine.trial import Terms, Trial
from threet.engine.view import RunView
from threet.model.candles import Candle, Timeframe
from threet.model.decisions import Decision
from threet.model.errors import ConfigurationError
from threet.strategies.catalogue import made
from threet.strategies.strategy import Strategy

app = typer.Typer(help="Strategies: write one, try one.", no_args_is_help=True)

_SIZE_DECIMALS = 4
_FUNDS = Decimal(10_000)
_FEE = Decimal("0.00045")
_SLIPPAGE = Decimal("0.0002")
_SHOWN = 12
_ASSUMED = (
    "Assumed: {funds} USDC; each decision trades at the next bar's open, whole, however"
    " small the change, 0.02 % worse, for a fee of 0.045 %; sizes of 4 decimals. Not"
    " played: funding, margin and liquidation, stops and take profits, prices within a"
    " bar, limits of the account. A profit here is no promise; it says that the"
    " strategy runs, and what it wants."
)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Of the module: my_trend.")],
    folder: Annotated[
        Path, typer.Option("--dir", help="Where its folder is made.")
    ] = Path(),
) -> None:
    """A package of its own: one class, its test, and what makes 3T find it."""
    made_in = strategy_files.write(name, folder)
    python = _shown(Path(sys.executable))
    sys.stdout.write(
        f"{made_in}: {', '.join(strategy_files.files(name))}\n"
        "Next:\n"
        f"  {python} -m unittest discover -s {made_in}\n"
        f"  {python} -m pip install --no-deps --no-build-isolation -e {made_in}\n"
        f"  {_shown(Path(sys.executable).with_name('3t'))} strategy try {name}\n"
        "  a run of it under `strategies` in config.yml (docs: Write a strategy)\n"
    )


@app.command(name="try")
def try_(
    name: Annotated[str, typer.Argument(help="As in config.yml: ema_trend.")],
    symbol: Annotated[str | None, typer.Option(help="Its parameter symbol.")] = None,
    timeframe: Annotated[
        str | None, typer.Option(help="Its parameter timeframe.")
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--set", help="bars=50; repeatable.")
    ] = None,
    bars: Annotated[
        int, typer.Option(min=10, max=20_000, help="How many bars are played.")
    ] = 1000,
    stored: Annotated[
        bool, typer.Option("--stored", help="Bars of the database, not hlsim's.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the simulated market.")] = DEMO_SEED,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the database lives [default: ./data].")
    ] = None,
) -> None:
    """Play bars of the past: what a strategy decides, and what comes of it."""
    given = {"symbol": symbol, "timeframe": timeframe}
    parameters = {name: value for name, value in given.items() if value is not None}
    strategy = made(name, {**parameters, **_parsed(parameter or [])})
    needs = strategy.needs()
    if len(needs.timeframes) != 1:
        raise ConfigurationError([f"{name}: only one timeframe can be tried"])
    frame, count = needs.timeframes[0], bars + needs.bars
    if stored:
        candles = _stored(needs.symbols, frame, count, data_dir)
        source = "stored bars"
    else:
        now_ms = SystemClock().now_ms()
        candles = bars_of(needs.symbols, frame, count, end_ms=now_ms, seed=seed)
        source = f"simulated bars (hlsim, seed {seed})"
    trial = _trial(name, strategy)
    trial.play(candles)
    if not trial.decisions:
        raise ConfigurationError([f"{name}: there are no bars of {needs.symbols}"])
    _tell(Console(), name, trial, f"{len(candles)} {source} of {frame.value}")


def _parsed(parameters: Sequence[str]) -> Mapping[str, object]:
    found = {}
    for one in parameters:
        name, equals, value = one.partition("=")
        if not equals:
            raise ConfigurationError([f"--set: {one!r:.60}: write name=value"])
        found[name] = yaml.safe_load(value)
    return found


def _stored(
    symbols: Sequence[str], frame: Timeframe, count: int, data_dir: Path | None
) -> Sequence[Candle]:
    settings = settings_in(data_dir)
    database = processes.database(settings)
    try:
        require_migrated(database.engine)
        hot = settings.market_data.hot_candles
        store = SqlCandleStore(database, hot_candles=hot)
        found = [bar for one in symbols for bar in store.newest(one, frame, count)]
    finally:
        database.close()
    return [bar for bar in found if bar.is_closed]


def _trial(name: str, strategy: Strategy) -> Trial:
    needs = strategy.needs()
    view = RunView(needs=needs, most_price_age_ms=needs.timeframes[0].millis)
    run = StrategyRun(
        name=name, strategy=strategy, view=view, decimals=lambda _: _SIZE_DECIMALS
    )
    return Trial(run, Terms(funds=_FUNDS, fee=_FEE, slippage=_SLIPPAGE))


def _tell(console: Console, name: str, trial: Trial, what: str) -> None:
    changes = _changes(trial.decisions)
    table = Table("time, UTC", "wants", "because")
    for decision in changes[-_SHOWN:]:
        moment = datetime.fromtimestamp(decision.at_ms / 1000, UTC)
        wants = "\n".join(f"{one.quantity:f} {one.symbol}" for one in decision.granted)
        table.add_row(f"{moment:%m-%d %H:%M}", escape(wants), escape(decision.because))
    console.print(f"{name} on {what}")
    console.print(table)
    first, last = trial.decisions[0], trial.decisions[-1]
    console.print(f"last decision: {last.because}", markup=False)
    above = f" (the last {_SHOWN} above)" if len(changes) > _SHOWN else ""
    profit = trial.equity - trial.terms.funds
    console.print(
        f"{len(trial.decisions)} decisions from {_moment(first)} to {_moment(last)};"
        f" {len(changes)} changed what is wanted{above}."
    )
    console.print(
        f"{trial.trade_count} trades, fees {trial.fees:.2f}, profit {profit:+.2f} USDC"
        f" ({profit / trial.terms.funds:+.2%}), deepest fall {trial.deepest:.2%}."
    )
    console.print(_ASSUMED.format(funds=trial.terms.funds), style="dim")


def _changes(decisions: Sequence[Decision]) -> Sequence[Decision]:
    """Those after which the side wanted of a symbol was another."""
    found, sides = [], dict[str, int]()
    for decision in decisions:
        new = {one.symbol: one.quantity.compare(0) for one in decision.granted}
        moved = {symbol: int(side) for symbol, side in new.items()}
        if any(sides.get(symbol, 0) != side for symbol, side in moved.items()):
            found.append(decision)
        sides |= moved
    return found


def _moment(decision: Decision) -> str:
    return f"{datetime.fromtimestamp(decision.at_ms / 1000, UTC):%Y-%m-%d %H:%M}"


def _shown(path: Path) -> str:
    """Relative to here, if it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
