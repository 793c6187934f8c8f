"""`3t why`, `3t kill`, `3t resume`: what was decided, and the switch that stops it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console

from threet import bootstrap
from threet.adapters.sql.database import Database
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.system_clock import SystemClock
from threet.bootstrap import processes
from threet.model.decisions import Decision
from threet.model.errors import ConfigurationError
from threet.ports.halt_store import KILL_SWITCH


def why(symbol: str, at: str | None, count: int) -> int:
    """The newest decisions about a symbol, or those up to a moment (ISO 8601, UTC)."""
    with _database() as database:
        found = SqlDecisionStore(database).why(symbol, count, _until_ms(at))
    console = Console()
    if not found:
        console.print(f"Nothing was decided about {symbol}.")
        return 1
    for decision in found:
        _show(console, decision)
    return 0


def kill(reason: str) -> int:
    with _database() as database:
        is_new = _halts(database).halt(KILL_SWITCH, reason, SystemClock().now_ms())
    said = "killed" if is_new else "was killed already"
    sys.stdout.write(
        f"3T {said}: what rests is canceled, and nothing is opened, also after a "
        "restart. `3t resume` ends it.\n"
    )
    return 0


def resume() -> int:
    with _database() as database:
        was = _halts(database).resume(KILL_SWITCH)
    sys.stdout.write("resumed\n" if was else "it was not killed\n")
    return 0


@contextmanager
def _database() -> Iterator[Database]:
    database = processes.database(bootstrap.config())
    try:
        yield database
    finally:
        database.close()


def _halts(database: Database) -> SqlHaltStore:
    address = bootstrap.config().exchanges.hyperliquid.wallet_address
    if address is None:
        setting = "exchanges.hyperliquid.wallet_address"
        raise ConfigurationError([f"{setting}: is not set; nothing trades"])
    return SqlHaltStore(database, account=address)


def _until_ms(at: str | None) -> int | None:
    if at is None:
        return None
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        reason = f"--at: {at!r:.40} is no time; write 2026-11-25T22:00:00"
        raise ConfigurationError([reason]) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def _show(console: Console, decision: Decision) -> None:
    moment = datetime.fromtimestamp(decision.at_ms / 1000, UTC).isoformat()
    console.print(f"[bold]{moment}[/bold]  {decision.run}  {decision.event}")
    console.print(f"  because {decision.because}", markup=False)
    for one in decision.granted:
        console.print(f"  wants {one.quantity} {one.symbol}", markup=False)
    values = ", ".join(f"{name} {value}" for name, value in decision.values.items())
    if values:
        console.print(f"  values: {values}", markup=False)
    for given in decision.inputs:
        age = "" if given.age_ms is None else f", {given.age_ms} ms old"
        value = "unknown" if given.value is None else given.value
        console.print(f"  {given.name}: {value}{age}", markup=False)
    for verdict in decision.verdicts:
        word = "passed" if verdict.passed else "refused"
        console.print(f"  {verdict.gate} {word}: {verdict.reason}", markup=False)
