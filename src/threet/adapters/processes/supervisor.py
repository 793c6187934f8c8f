"""Keeps a set of processes alive, and leaves none behind."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from threet.adapters.processes.child import Child, ChildSpec
from threet.ports.clock import Clock
from threet.resilience.restart_policy import ChildState, RestartPolicy

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildReport:
    name: str
    state: ChildState
    pid: int | None
    restarts: int
    exit_code: int | None


class Supervisor:
    """Start it as a task; cancel it to end all children."""

    def __init__(
        self,
        *,
        specs: Sequence[ChildSpec],
        log_dir: Path,
        clock: Clock,
        grace_secs: float = 8.0,
    ) -> None:
        self._specs = specs
        self._log_dir = log_dir
        self._clock = clock
        self._grace_secs = grace_secs
        self._children: dict[str, Child] = {}
        self._policies = {spec.name: RestartPolicy() for spec in specs}
        self._states = {spec.name: ChildState.STARTING for spec in specs}
        self._exit_codes: dict[str, int] = {}

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for spec in self._specs:
                    group.create_task(self._keep(spec))
                await asyncio.Event().wait()  # refused or not: until canceled
        finally:
            await self._stop_all()

    def reports(self) -> Sequence[ChildReport]:
        return [self._report(spec.name) for spec in self._specs]

    async def _keep(self, spec: ChildSpec) -> None:
        policy = self._policies[spec.name]
        await self._clock.sleep(spec.after_secs)
        while True:
            child = await Child.start(spec, self._log_dir / f"{spec.name}.log")
            self._children[spec.name] = child
            self._states[spec.name] = ChildState.RUNNING
            policy.started(self._clock.monotonic())
            code = await child.wait()
            self._exit_codes[spec.name] = code
            pause = policy.ended(code, self._clock.monotonic())
            if pause is None:
                self._states[spec.name] = ChildState.REFUSED
                _log.error("child_refused", child=spec.name, exit_code=code)
                return
            self._states[spec.name] = ChildState.RESTARTING
            _log.warning("child_ended", child=spec.name, exit_code=code, pause=pause)
            await self._clock.sleep(pause)

    async def _stop_all(self) -> None:
        for spec in self._specs:
            self._states[spec.name] = ChildState.STOPPED
        async with asyncio.TaskGroup() as group:
            for child in self._children.values():
                group.create_task(self._stop(child))

    async def _stop(self, child: Child) -> None:
        await child.stop(self._grace_secs)
        await child.wait()

    def _report(self, name: str) -> ChildReport:
        child = self._children.get(name)
        state = self._states[name]
        return ChildReport(
            name=name,
            state=state,
            pid=child.pid if child and state is ChildState.RUNNING else None,
            restarts=self._policies[name].restarts,
            exit_code=self._exit_codes.get(name),
        )
