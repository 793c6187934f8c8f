"""`3t up` and `3t demo`: start in order, show, check if asked, end everything."""

import asyncio
import os
import signal
import webbrowser
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from rich.console import Console

from threet.adapters.processes import valkey
from threet.adapters.processes.supervisor import Supervisor
from threet.adapters.sql.migrate import migrate
from threet.adapters.system_clock import SystemClock
from threet.adapters.telemetry import logs
from threet.bootstrap import embedded, processes
from threet.bootstrap.embedded import EmbeddedOptions, EmbeddedRun
from threet.cli import run_file
from threet.cli.checks import Verdict, judge
from threet.cli.run_file import RunNote
from threet.cli.screen import Screen
from threet.model.errors import ConfigurationError, ExchangeError

_EXCHANGE_READY_SECS = 20.0
_LOOK_EVERY_SECS = 0.1


def run(options: EmbeddedOptions, *, seconds: float | None, opens_browser: bool) -> int:
    """Returns the exit code: 0, or 1 when the check of ``seconds`` failed."""
    plan = embedded.plan(options, os.environ)
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
        )
        held.enter_context(run_file.announced(plan.folder, note))
        return asyncio.run(_run(plan, seconds, opens_browser=opens_browser))


def _require_port(plan: EmbeddedRun) -> None:
    port = plan.settings.web.port
    if not embedded.is_free(port, plan.settings.web.host):
        reason = f"web.port: {port} is in use; choose another with --port"
        raise ConfigurationError([reason])


async def _run(plan: EmbeddedRun, seconds: float | None, *, opens_browser: bool) -> int:
    console = Console()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(sign, stopping.set)
    verdict: Verdict | None = None
    async with _servers(plan, console) as servers, _platform(plan) as platform:
        screen = Screen(console, plan, [*servers, *platform])
        showing = asyncio.create_task(screen.show())
        if opens_browser:
            opening = asyncio.create_task(_open_page(plan))
        try:
            async with asyncio.timeout(seconds):
                await stopping.wait()
        except TimeoutError:
            verdict = await judge(plan)
        finally:
            showing.cancel()
            if opens_browser:
                opening.cancel()
            await asyncio.gather(showing, return_exceptions=True)
    return _concluded(console, verdict)


def _concluded(console: Console, verdict: Verdict | None) -> int:
    if verdict is None:
        console.print("3T has stopped; its data is kept.")
        return 0
    for line in verdict.lines:
        console.print(line)
    return 0 if verdict.is_good else 1


@asynccontextmanager
async def _servers(
    plan: EmbeddedRun, console: Console
) -> AsyncIterator[list[Supervisor]]:
    """What the platform stands on; ended last."""
    specs = [valkey.prepare(plan.valkey)]
    if plan.exchange is not None:
        specs.append(plan.exchange)
    clock = SystemClock()
    servers = Supervisor(specs=specs, log_dir=plan.folder / "logs", clock=clock)
    keeping = asyncio.create_task(servers.run())
    try:
        with console.status("Starting Valkey, the database and the exchange ..."):
            await valkey.until_ready(plan.valkey, clock)
            await asyncio.to_thread(migrate, processes.database(plan.settings).engine)
            if plan.exchange is not None:
                await _until_exchange_answers(plan)
        yield [servers]
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


@asynccontextmanager
async def _platform(plan: EmbeddedRun) -> AsyncIterator[list[Supervisor]]:
    platform = Supervisor(
        specs=plan.platform, log_dir=plan.folder / "logs", clock=SystemClock()
    )
    keeping = asyncio.create_task(platform.run())
    try:
        yield [platform]
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


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


async def _open_page(plan: EmbeddedRun) -> None:
    clock = SystemClock()
    while embedded.is_free(plan.settings.web.port, plan.settings.web.host):
        await clock.sleep(_LOOK_EVERY_SECS)
    await asyncio.to_thread(webbrowser.open, plan.page_url)
