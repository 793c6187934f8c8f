"""Real child processes: restarted when they die, gone when we are gone."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.polling import until
from threet.adapters.processes.child import ChildSpec
from threet.adapters.processes.supervisor import ChildReport, Supervisor
from threet.adapters.system_clock import SystemClock
from threet.resilience.restart_policy import EXIT_CONFIGURATION, ChildState

SLEEPER = "import signal; signal.pause()"
DEAF = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('deaf', flush=True)\n"
    "while True: signal.pause()"
)
# Starts a process of its own, and tells its number.
PARENT = (
    "import subprocess, sys, signal\n"
    f"child = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}])\n"
    "print(child.pid, flush=True)\n"
    "signal.pause()"
)


def child(code: str, name: str = "child") -> ChildSpec:
    return ChildSpec(name=name, command=(sys.executable, "-c", code))


def lives(pid: int) -> bool:
    """A zombie lives no more."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def said(folder: Path, name: str = "child") -> str:
    file = folder / f"{name}.log"
    return file.read_text() if file.exists() else ""


@asynccontextmanager
async def supervised(
    specs: Sequence[ChildSpec], folder: Path, grace_secs: float = 5.0
) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(
        specs=specs, log_dir=folder, clock=SystemClock(), grace_secs=grace_secs
    )
    async with asyncio.timeout(60):
        keeping = asyncio.create_task(supervisor.run())
        try:
            yield supervisor
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)


def only(supervisor: Supervisor) -> ChildReport:
    (report,) = supervisor.reports()
    return report


async def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    async with supervised([child(SLEEPER)], tmp_path) as supervisor:
        await until(lambda: only(supervisor).pid is not None)
        first = only(supervisor).pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: only(supervisor).pid not in (None, first))
        report = only(supervisor)
        assert report.restarts == 1
        assert report.exit_code == -signal.SIGKILL
        second = report.pid
    assert second is not None
    assert not lives(second)


async def test_a_refused_configuration_ends_the_tries(tmp_path: Path) -> None:
    refuse = f"print('no'); raise SystemExit({EXIT_CONFIGURATION})"
    async with supervised([child(refuse)], tmp_path) as supervisor:
        await until(lambda: only(supervisor).state is ChildState.REFUSED)
        assert only(supervisor).restarts == 0
    assert said(tmp_path) == "no\n"


async def test_a_child_that_will_not_listen_is_killed(tmp_path: Path) -> None:
    async with supervised([child(DEAF)], tmp_path, grace_secs=0.2) as supervisor:
        await until(lambda: said(tmp_path) == "deaf\n")
        pid = only(supervisor).pid
    assert pid is not None
    assert not lives(pid)


async def test_what_a_child_started_dies_with_it(tmp_path: Path) -> None:
    async with supervised([child(PARENT)], tmp_path) as supervisor:
        await until(lambda: said(tmp_path).endswith("\n"))
        grandchild = int(said(tmp_path))
        pid = only(supervisor).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(lambda: only(supervisor).restarts == 1)
    await until(lambda: not lives(grandchild))


async def test_kill_9_of_the_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\nfrom pathlib import Path\n"
        "from threet.adapters.processes.child import ChildSpec\n"
        "from threet.adapters.processes.supervisor import Supervisor\n"
        "from threet.adapters.system_clock import SystemClock\n"
        f"code = 'import os; print(os.getpid(), flush=True)\\n' + {SLEEPER!r}\n"
        "spec = ChildSpec(name='child', command=(sys.executable, '-c', code))\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "asyncio.run(Supervisor(specs=[spec], log_dir=folder,"
        " clock=SystemClock()).run())\n"
    )
    supervisor = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    async with asyncio.timeout(60):
        await until(lambda: said(tmp_path).endswith("\n"))
        orphan = int(said(tmp_path))
        supervisor.kill()
        await supervisor.wait()
        await until(lambda: not lives(orphan))
    assert not lives(orphan)


def test_secrets_of_a_child_show_in_no_report() -> None:
    spec = ChildSpec(
        name="child", command=("x",), environment={"THREET_REDIS__PASSWORD": "hunter2"}
    )
    assert "hunter2" not in repr(spec)


async def test_a_log_that_cannot_be_written_stops_no_child(tmp_path: Path) -> None:
    (tmp_path / "child.log").symlink_to("/dev/full")
    # More than a pipe holds: without a reader it would stand still half way.
    chatty = "print('x' * 1_000_000, flush=True); raise SystemExit(3)"
    async with supervised([child(chatty)], tmp_path) as supervisor:
        await until(lambda: only(supervisor).restarts >= 1)
        assert only(supervisor).exit_code == 3
