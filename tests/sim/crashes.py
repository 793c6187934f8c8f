"""Where a process may be killed, and a database that goes away."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, Engine

from tests.sim.faults import Kind, Weather
from tests.sim.kernel import Kernel, SimulatedCrash
from threet.adapters.sql.database import Database
from threet.model.errors import DependencyError

T = TypeVar("T")
# There are many commits to an order that is sent, and that is where it matters most.
_TIMES = 6


@dataclass(slots=True)
class Steps:
    """Every step of a process passes here; in an episode of crashes one may be its
    last."""

    kernel: Kernel
    weather: Weather
    points: dict[str, int]

    def passing(self, point: str) -> None:
        times = _TIMES if point.endswith("sending") else 1
        if self.weather.strikes(Kind.CRASH, self.kernel.now_ms, times):
            self.points[point] = self.points.get(point, 0) + 1
            raise SimulatedCrash(point)


class SimDatabase(Database):
    """The real one, with steps before and after each commit."""

    def __init__(self, engine: Engine, steps: Steps) -> None:
        super().__init__(engine)
        self._steps = steps

    @property
    def kernel(self) -> Kernel:
        return self._steps.kernel

    def read(self, work: Callable[[Connection], T]) -> T:
        self._require_there()
        return super().read(work)

    def write(self, work: Callable[[Connection], T]) -> T:
        self._require_there()
        self._steps.passing("before a commit")
        done = super().write(work)
        self._steps.passing("after a commit")
        weather, now_ms = self._steps.weather, self._steps.kernel.now_ms
        if weather.strikes(Kind.COMMIT_LOST, now_ms):
            raise DependencyError("database", "the connection was lost at the commit")
        return done

    def _require_there(self) -> None:
        weather, now_ms = self._steps.weather, self._steps.kernel.now_ms
        if weather.strikes(Kind.DATABASE_AWAY, now_ms):
            raise DependencyError("database", "it is away")
