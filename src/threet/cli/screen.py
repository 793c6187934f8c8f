"""The terminal's view of a run: a table that lives, or lines where there is no tty."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.live import Live
from rich.table import Table

from threet.adapters.processes.supervisor import ChildReport, Supervisor
from threet.adapters.system_clock import SystemClock
from threet.bootstrap import processes
from threet.bootstrap.embedded import EmbeddedRun
from threet.model.errors import DependencyError
from threet.ports.live_view import ProcessState
from threet.resilience.restart_policy import ChildState

_EVERY_SECS = 1.0
_STYLES = {
    ChildState.RUNNING: "green",
    ChildState.STARTING: "yellow",
    ChildState.RESTARTING: "yellow",
    ChildState.REFUSED: "red",
    ChildState.STOPPED: "dim",
}
# What of a process's figures a person wants to see first.
_SHOWN = (
    "frames",
    "published",
    "news_published",
    "dropped",
    "refused_frames",
    "reconnects",
    "prices",
    "delivered",
    "applied",
    "lost",
    "dead_lettered",
    "delay_ms",
    "value",
    "tasks",
)


class Screen:
    def __init__(
        self, console: Console, plan: EmbeddedRun, supervisors: Sequence[Supervisor]
    ) -> None:
        self._console = console
        self._plan = plan
        self._supervisors = supervisors
        self._clock = SystemClock()
        self._live = processes.live_view(plan.settings)
        self._told: dict[str, str] = {}

    async def show(self) -> None:
        """Until canceled."""
        if not self._console.is_terminal:
            self._console.print(f"3T runs; the page: {self._plan.page_url}")
            while True:
                self._tell_changes()
                await self._clock.sleep(_EVERY_SECS)
        with Live(console=self._console, auto_refresh=False, screen=False) as live:
            while True:
                live.update(self._table(await self._states()), refresh=True)
                await self._clock.sleep(_EVERY_SECS)

    def _reports(self) -> list[ChildReport]:
        return [report for one in self._supervisors for report in one.reports()]

    def _tell_changes(self) -> None:
        for report in self._reports():
            text = f"{report.state.value}"
            if report.state is ChildState.REFUSED:
                log = self._plan.folder / "logs" / f"{report.name}.log"
                text += f" its configuration; the reason stands in {log}"
            elif report.restarts:
                text += f", restarted {report.restarts} times"
            if self._told.get(report.name) != text:
                self._told[report.name] = text
                self._console.print(f"{report.name}: {text}")

    async def _states(self) -> Mapping[str, ProcessState]:
        try:
            return {state.name: state for state in await self._live.processes()}
        except DependencyError:
            return {}

    def _table(self, states: Mapping[str, ProcessState]) -> Table:
        network = self._plan.settings.exchanges.hyperliquid.network
        table = Table(
            title=f"3T on {network} — {self._plan.page_url} — Ctrl-C stops",
            caption=f"logs: {self._plan.folder / 'logs'}",
        )
        for column in ("process", "state", "pid", "restarts", "figures"):
            table.add_column(column)
        for report in self._reports():
            state = states.get(report.name)
            table.add_row(
                report.name,
                f"[{_STYLES[report.state]}]{report.state.value}[/]",
                str(report.pid or "-"),
                str(report.restarts),
                _figures(state) if state and state.pid == report.pid else "",
            )
        return table


def _figures(state: ProcessState) -> str:
    shown = [
        f"{name} {state.figures[name]}" for name in _SHOWN if name in state.figures
    ]
    return "  ".join(shown)
