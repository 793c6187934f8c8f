"""`3t why`, `3t kill`, `3t resume`: what was decided, and the switch that stops it."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from threet import bootstrap
from threet.accounts import kill_switch
from threet.accounts.kill_switch import Released
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.system_clock import SystemClock
from threet.bootstrap import run_file
from threet.bootstrap.settings import settings_in
from threet.bootstrap.web_trading import halts_of_accounts
from threet.cli.stored import stored
from threet.model.decisions import Decision
from threet.model.errors import ConfigurationError

_IDLE = (
    "But no 3T runs on this data folder: nothing is canceled and nothing closed until"
    " `3t up`. If it is urgent, do it on the exchange's own page.\n"
)


def why(symbol: str, at: str | None, count: int, data_dir: Path | None) -> int:
    """The newest decisions about a symbol, or those up to a moment (ISO 8601, UTC)."""
    with stored(data_dir) as database:
        store = SqlDecisionStore(database)
        found = store.why(symbol, count, _until_ms(at))
        decided = sorted({one.granted.symbol for one in store.targets()})
    console = Console()
    if not found:
        others = [one for one in decided if one != symbol]
        about = f"; about {', '.join(others)} it was" if others else ""
        console.print(f"Nothing was decided about {symbol}{about}.", markup=False)
        return 1
    for decision in found:
        _show(console, decision)
    return 0


def kill(reason: str, data_dir: Path | None, *, flatten: bool) -> int:
    """Halts every account of the database: whoever kills asks for no address."""
    now_ms = SystemClock().now_ms()
    with stored(data_dir) as database:
        accounts = halts_of_accounts(bootstrap.config(), database)
        kill_switch.pull(accounts.values(), reason, now_ms, flatten=flatten)
    also = ", and closes every position" if flatten else ""
    what = f"halted: the gateway cancels what rests, opens nothing{also}"
    code = _told(dict.fromkeys(accounts, what))
    if accounts and _is_known_idle(data_dir):
        sys.stdout.write(_IDLE)
    return code


def resume(data_dir: Path | None) -> int:
    with stored(data_dir) as database:
        accounts = halts_of_accounts(bootstrap.config(), database)
        found = kill_switch.release(accounts.values())
    told = dict(zip(accounts, map(_resumed, found), strict=True))
    return _told(told)


def _resumed(found: Released) -> str:
    """What stands still ends with what it is for, not by this command."""
    if found.left:
        left = "; ".join(f"{one.cause}: {one.reason}" for one in found.left)
        return f"takes no new risk still: {left}"
    return "may trade again" if found.ended else "was not halted"


def _is_known_idle(data_dir: Path | None) -> bool:
    """Of processes that somebody else started, by their Redis, it is not known."""
    settings = settings_in(data_dir)
    network = settings.exchanges.hyperliquid.network
    runs = dict(run_file.found(settings.data_dir))
    return settings.redis.host is None and network not in runs


def _told(of_accounts: Mapping[str, str]) -> int:
    for address, what in of_accounts.items():
        sys.stdout.write(f"{address} {what}\n")
    if not of_accounts:
        sys.stdout.write("there is no account in this database: nothing trades\n")
    return 0 if of_accounts else 1


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
    if decision.traceparent:
        trace_id = decision.traceparent.split("-")[1]
        console.print(f"  trace {trace_id}", markup=False)
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
