"""`3t up` and `3t demo`: start in order, show, check if asked, end everything."""

import asyncio
import os
import signal
import sys
import webbrowser
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass

from rich.console import Console

from threet.adapters.processes import valkey
from threet.adapters.processes.child import ChildSpec
from threet.adapters.processes.supervisor import Supervisor
from threet.adapters.system_clock import SystemClock
from threet.adapters.telemetry import logs
from threet.bootstrap import embedded, processes, run_file
from threet.bootstrap.embedded import EmbeddedOptions, EmbeddedRun
from threet.bootstrap.run_file import RunNote
from threet.bootstrap.strategy_runs import configured
from threet.cli.checks import Verdict, judge
from threet.cli.screen import Screen
from threet.model.errors import ConfigurationError, ExchangeError
from threet.resilience.weight_window import WINDOW_SECS

_EXCHANGE_READY_SECS = 20.0
_LOOK_EVERY_SECS = 0.1
_LOOK_AGAIN_SECS = 5.0


def run(options: EmbeddedOptions, *, seconds: float | None, opens_browser: bool) -> int:
    """Returns the exit code: 0, or 1 when the check of ``seconds`` failed."""
    plan = embedded.plan(options, os.environ)
    configured(plan.settings)  # else the trader alone is refused, behind our back
    _require_port(plan)
    with ExitStack() as held:
        held.enter_context(run_file.only_one(plan.folder))
        log_dir = plan.folder / "logs"
        log_dir.mkdir(exist_ok=True)
        supervisor_log = held.enter_context((log_dir / "supervisor.log").open("a"))
        logs.configure(
            process="supervisor", level="INFO", as_json=False, file=supervisor_log
        )
        note = RunNote(
            pid=os.getpid(),
            page_url=plan.page_url,
            redis_port=plan.valkey.port,
            redis_password=plan.valkey.password,
            variables=plan.variables,
            agent=plan.agent,
        )
        held.enter_context(run_file.announced(plan.folder, note))
        return asyncio.run(_run(plan, seconds, opens_browser=opens_browser))


def _require_port(plan: EmbeddedRun) -> None:
    port = plan.settings.web.port
    if not embedded.is_free(port, plan.settings.web.host):
        reason = f"web.port: {port} is in use; choose another with --port"
        raise ConfigurationError([reason])


async def _run(plan: EmbeddedRun, seconds: float | None, *, opens_browser: bool) -> int:
    """Until a signal, the end of ``seconds``, or a failure of what supervises."""
    console = Console()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(sign, stopping.set)
    living = asyncio.create_task(
        _live(plan, console, seconds, opens_browser=opens_browser)
    )
    told_to_stop = asyncio.create_task(stopping.wait())
    await asyncio.wait({living, told_to_stop}, return_when=asyncio.FIRST_COMPLETED)
    told_to_stop.cancel()
    living.cancel()  # no effect when it has ended
    try:
        verdict = await living
    except asyncio.CancelledError:
        verdict = None
    return _concluded(console, verdict)


async def _live(
    plan: EmbeddedRun, console: Console, seconds: float | None, *, opens_browser: bool
) -> Verdict:
    started_ms = SystemClock().now_ms()
    async with (
        _servers(plan, console) as servers,
        _kept(plan.platform, plan) as platform,
    ):
        screen = Screen(console, plan, [servers.supervisor, platform.supervisor])
        showing = asyncio.create_task(screen.show())
        opening = asyncio.create_task(_open_page(plan, wanted=opens_browser))
        watched = {servers.keeping, platform.keeping, showing}
        try:
            done, _ = await asyncio.wait(
                watched, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            for ended in done:
                ended.result()  # none ends by itself but by failing
            return await _judged(plan, started_ms)
        finally:
            opening.cancel()
            showing.cancel()
            await asyncio.gather(showing, opening, return_exceptions=True)


async def _judged(plan: EmbeddedRun, started_ms: int) -> Verdict:
    """Bars that wait for the next minute's request weight are given that minute."""
    clock = SystemClock()
    until = clock.monotonic() + WINDOW_SECS
    while True:
        verdict = await judge(plan, started_ms)
        if not verdict.lacks_bars_only or clock.monotonic() > until:
            return verdict
        await clock.sleep(_LOOK_AGAIN_SECS)


def _concluded(console: Console, verdict: Verdict | None) -> int:
    if verdict is None:
        console.print("3T has stopped; its data is kept.")
        return 0
    for line in verdict.lines:
        console.print(line)
    return 0 if verdict.is_good else 1


@dataclass(frozen=True, slots=True)
class _Kept:
    supervisor: Supervisor
    keeping: "asyncio.Task[None]"


@asynccontextmanager
async def _kept(specs: Sequence[ChildSpec], plan: EmbeddedRun) -> AsyncIterator[_Kept]:
    """These children live as long as the block."""
    supervisor = Supervisor(
        specs=specs, log_dir=plan.folder / "logs", clock=SystemClock()
    )
    keeping = asyncio.create_task(supervisor.run())
    try:
        yield _Kept(supervisor, keeping)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


@asynccontextmanager
async def _servers(plan: EmbeddedRun, console: Console) -> AsyncIterator[_Kept]:
    """What the platform stands on, ready; ended last."""
    specs = [valkey.prepare(plan.valkey)]
    if plan.exchange is not None:
        specs.append(plan.exchange)
    async with _kept(specs, plan) as kept:
        with console.status("Starting Valkey, the database and the exchange ..."):
            await valkey.until_ready(plan.valkey, SystemClock())
            await asyncio.to_thread(processes.prepared_database, plan.settings)
            if plan.exchange is not None:
                await _until_exchange_answers(plan)
        yield kept


async def _until_exchange_answers(plan: EmbeddedRun) -> None:
    clock = SystemClock()
    reader = processes.reader(plan.settings, clock)
    give_up_at = clock.monotonic() + _EXCHANGE_READY_SECS
    while True:
        try:
            await asyncio.to_thread(reader.server_ms)
        except ExchangeError:
            if clock.monotonic() > give_up_at:
                raise
            await clock.sleep(_LOOK_EVERY_SECS)
        else:
            return


async def _open_page(plan: EmbeddedRun, *, wanted: bool) -> None:
    if not wanted or not _has_screen():
        return
    clock = SystemClock()
    while embedded.is_free(plan.settings.web.port, plan.settings.web.host):
        await clock.sleep(_LOOK_EVERY_SECS)
    await asyncio.to_thread(webbrowser.open, plan.page_url)


def _has_screen() -> bool:
    """Without one, a text browser would take the terminal away from us."""
    if sys.platform != "linux":
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
