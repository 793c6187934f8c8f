"""`3t status`: what runs on this machine, from its own words and Redis'."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from redis import Redis
from rich.console import Console
from rich.table import Table

from threet import bootstrap
from threet.adapters.redis_state.address_ledger import RedisAddressLedger
from threet.adapters.redis_state.rate_budget import RedisRateBudget
from threet.adapters.redis_streams.address import RedisAddress
from threet.adapters.redis_streams.live_view import RedisLiveView
from threet.adapters.system_clock import SystemClock
from threet.bootstrap import run_file
from threet.bootstrap import settings as root
from threet.bootstrap.processes import PLATFORM_PROCESSES
from threet.model.errors import DependencyError
from threet.model.times import PROCESS_DEAD_AFTER_MS
from threet.ports.live_view import ProcessState, StreamState
from threet.ports.rate_budget import BudgetState, Priority
from threet.resilience.address_forecast import AddressForecast, forecast

_PATIENCE_SECS = 5
# Many figures that say nothing while all is well.
_QUIET = ("exchange_", "breaker", "errors_")
_AS_IT_SHOULD_BE = (0, "closed")


def show(data_dir: Path | None) -> int:
    """Returns 0 when every expected process of every run lives, else 1."""
    console = Console()
    settings = bootstrap.config()
    notes = run_file.found(data_dir or settings.data_dir)
    if notes:
        codes = [_show_run(console, name, _address(note)) for name, note in notes]
        for _, note in notes:
            console.print(f"page: {note.page_url}")
        return max(codes)
    if settings.redis.host is None:
        console.print("Nothing runs here. Start it with `3t demo` or `3t up`.")
        return 1
    network = settings.exchanges.hyperliquid.network
    return _show_run(console, network, root.redis_address(settings))


def _address(note: run_file.RunNote) -> RedisAddress:
    return RedisAddress(
        host="127.0.0.1", port=note.redis_port, password=note.redis_password
    )


def _show_run(console: Console, name: str, address: RedisAddress) -> int:
    try:
        processes, streams = asyncio.run(_ask(address))
    except DependencyError as error:
        console.print(f"{name}: {error}")
        return 1
    _show_budget(console, name, address)
    now_ms = SystemClock().now_ms()
    console.print(_process_table(name, processes, now_ms))
    console.print(_stream_table(streams, now_ms))
    living = {
        one.name for one in processes if now_ms - one.beat_ms <= PROCESS_DEAD_AFTER_MS
    }
    missing = [name for name in PLATFORM_PROCESSES if name not in living]
    if missing:
        console.print(f"Not alive: {', '.join(missing)}")
    return 1 if missing else 0


def _show_budget(console: Console, network: str, address: RedisAddress) -> None:
    hyperliquid = bootstrap.config().exchanges.hyperliquid
    client = Redis(
        host=address.host,
        port=address.port,
        db=address.db,
        password=address.password,
        socket_timeout=_PATIENCE_SECS,
        socket_connect_timeout=_PATIENCE_SECS,
    )
    with client:
        budget = RedisRateBudget(
            client, network=network, per_minute=hyperliquid.weight_per_minute
        )
        console.print(_budget_table(budget.state()))
        if hyperliquid.wallet_address is not None:
            ledger = RedisAddressLedger(client, network=network)
            address_use = forecast(ledger.readings(hyperliquid.wallet_address))
            if address_use is not None:
                console.print(_address_line(address_use))


def _budget_table(state: BudgetState) -> Table:
    title = f"rate budget: {state.used} of {state.limit}"
    table = Table(title=title)
    for column in ("priority", "used", "left for it"):
        table.add_column(column)
    for priority in Priority:
        used, left = state.used_by[priority], state.left_for[priority]
        table.add_row(priority.name.lower(), str(used), str(left))
    return table


def _address_line(use: AddressForecast) -> str:
    secs = use.exhausted_in_secs
    end = "not shrinking" if secs is None else f"all used in {secs / 3600:.1f} h"
    return f"actions of the account: {use.used} of {use.cap} used, {end}"


async def _ask(
    address: RedisAddress,
) -> tuple[Sequence[ProcessState], Sequence[StreamState]]:
    view = RedisLiveView(address)
    try:
        return await view.processes(), await view.streams()
    finally:
        await view.close()


def _process_table(name: str, processes: Sequence[ProcessState], now_ms: int) -> Table:
    table = Table(title=f"processes on {name}")
    for column in ("process", "pid", "state", "last beat", "figures"):
        table.add_column(column)
    for one in processes:
        age_ms = now_ms - one.beat_ms
        table.add_row(
            one.name,
            str(one.pid),
            "alive" if age_ms <= PROCESS_DEAD_AFTER_MS else "silent",
            f"{age_ms / 1000:.1f} s ago",
            "  ".join(
                f"{figure} {value}"
                for figure, value in one.figures.items()
                if not (figure.startswith(_QUIET) and value in _AS_IT_SHOULD_BE)
            ),
        )
    return table


def _stream_table(streams: Sequence[StreamState], now_ms: int) -> Table:
    table = Table(title="streams")
    for column in ("stream", "entries", "newest", "group", "lag", "pending"):
        table.add_column(column)
    for stream in streams:
        newest = stream.newest_entry_ms
        age = "never" if newest is None else f"{(now_ms - newest) / 1000:.1f} s ago"
        row = (stream.stream, str(stream.length), age)
        for group in stream.groups:
            table.add_row(*row, group.group, _known(group.lag), str(group.pending))
        if not stream.groups:
            table.add_row(*row, "-", "-", "-")
    return table


def _known(lag: int | None) -> str:
    return "unknown" if lag is None else str(lag)
