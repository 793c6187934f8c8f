"""`3t acceptance`: the cards that only a real venue can prove, and what was seen."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from threet.adapters.system_clock import SystemClock
from threet.bootstrap import acceptance
from threet.cli.doctor import doctor_in
from threet.execution.acceptance.deck import CARDS, Card
from threet.execution.acceptance.stand import Seen, Stand
from threet.model.errors import ConfigurationError, ThreeTError

app = typer.Typer(
    help="What only the real venue can prove: docs/acceptance.", no_args_is_help=True
)


@app.command(name="list")
def list_() -> None:
    """Every card: what it is about, and what it costs."""
    table = Table("card", "about", "costs")
    for card in CARDS:
        table.add_row(str(card.number), card.title, card.cost)
    Console().print(table)


@app.command()
def run(
    number: Annotated[
        int | None, typer.Argument(help="Of the card; all that can be run if left out.")
    ] = None,
    symbol: Annotated[str, typer.Option(help="The perpetual it is tried on.")] = "BTC",
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the database lives [default: ./data].")
    ] = None,
) -> None:
    """Run a card on testnet or the simulator; refused on mainnet."""
    cards = _cards(number)
    console, passed = Console(), True
    with doctor_in(data_dir, trades=True) as doctor:
        stand = acceptance.stand(doctor, symbol)
        for card in cards:
            seen = _seen(card, stand)
            file = acceptance.report(
                doctor.settings, card, seen, SystemClock().now_ms()
            )
            console.print(
                f"card {card.number}, {card.title}: {acceptance.verdict(seen)}",
                markup=False,
            )
            for line in seen.lines:
                console.print(f"  {line}", markup=False)
            console.print(f"  kept in {file}", markup=False, soft_wrap=True)
            passed = passed and seen.is_passed is not False
    raise SystemExit(0 if passed else 1)


def _cards(number: int | None) -> list[Card]:
    found = [card for card in CARDS if number in {None, card.number}]
    if not found:
        raise ConfigurationError([f"there is no card {number}: 1 to {len(CARDS)}"])
    runnable = [card for card in found if card.run is not None]
    if not runnable:
        reason = f"card {number} is done by hand: docs/acceptance/README.md"
        raise ConfigurationError([reason])
    return runnable


def _seen(card: Card, stand: Stand) -> Seen:
    """Whatever goes wrong on the way, nothing of it is left at the exchange."""
    assert card.run is not None  # noqa: S101  # by `_cards`
    try:
        seen = card.run(stand)
    except ThreeTError as error:
        seen = Seen(False, [str(error)])
    try:
        left = stand.tidy()
    except ThreeTError as error:
        return Seen(False, [*seen.lines, f"not known what is left: {error}"])
    if left:
        return Seen(
            False, [*seen.lines, f"cancel by hand: {', '.join(map(str, left))}"]
        )
    return seen
