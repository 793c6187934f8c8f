"""Plays seeds, in several processes if asked, and tells what each showed."""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from tests.sim import world
from tests.sim.checker import rows_of, violations
from tests.sim.composition import MASTER
from tests.sim.planted import BUGS
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate

KEPT = Path(__file__).parent / "kept_seeds.txt"
_CRITICAL = 50
_TMPFS = Path("/dev/shm")  # noqa: S108  # a folder of our own in it


@dataclass(frozen=True, slots=True)
class Played:
    """One seed: what was violated, and how much happened."""

    seed: int
    violated: Sequence[str]
    simulated_ms: int
    counts: Mapping[str, int]
    digest: str


@contextmanager
def ground() -> Iterator[Path]:
    """A folder with an empty migrated database in it, in memory where there is one."""
    place = _TMPFS if os.access(_TMPFS, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="3t-sim-", dir=place) as name:
        folder = Path(name)
        engine = make_engine(f"sqlite:///{template(folder)}")
        migrate(engine)
        engine.dispose()
        yield folder


def template(folder: Path) -> Path:
    return folder / "template.db"


def play(seed: int, folder: Path, bug: str = "") -> Played:
    """One run, checked; what it wrote is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=folder) as name, _quiet():
        file = Path(name) / "3t.db"
        plants = BUGS[bug] if bug else None
        ended = world.run(seed, template(folder), file, plants)
        return Played(
            seed,
            violations(ended),
            ended.simulated_ms,
            _counts(ended),
            world.digest(ended, rows_of(file)),
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """What the platform would log of thousands of faults nobody reads."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)


def _counts(ended: world.Ended) -> Mapping[str, int]:
    history = ended.exchange.exchange.journal.history(MASTER)
    return {
        **{kind.value: count for kind, count in ended.counts.items()},
        **{f"crash {one}": count for one, count in ended.crash_points.items()},
        "actions sent": len(ended.sent),
        "questions asked": ended.asked,
        "fills": len(history.fills),
    }


def kept_seeds() -> Sequence[int]:
    lines = KEPT.read_text().splitlines()
    return [int(line.split()[0]) for line in lines if line and line[0] != "#"]


def keep(one: Played) -> None:
    """So that every later run plays it first."""
    if one.seed not in kept_seeds():
        with KEPT.open("a") as file:
            file.write(f"{one.seed}  # {one.violated[0][:80]}\n")


def played(seeds: Iterable[int], jobs: int) -> Iterator[Played]:
    with ground() as folder:
        if jobs == 1:
            yield from (play(seed, folder) for seed in seeds)
            return
        with ProcessPoolExecutor(jobs) as pool:
            todo = list(seeds)
            try:
                yield from pool.map(play, todo, [folder] * len(todo))
            finally:
                pool.shutdown(cancel_futures=True)  # whoever asked may stop early


@dataclass(frozen=True, slots=True)
class Caught:
    """``seed`` is the first that shows the bug, None if none did."""

    bug: str
    seed: int | None
    by: str


def hunted(bug: str, most: int, first: int = 0) -> Caught:
    with ground() as folder:
        for seed in range(first, first + most):
            found = play(seed, folder, bug).violated
            if found:
                return Caught(bug, seed, found[0])
    return Caught(bug, None, "")


def _cpu_secs() -> float:
    return sum(os.times()[:4])


@dataclass(slots=True)
class Summary:
    """Adds up; ``hours_a_minute`` is simulated time by the wall clock."""

    started: float
    cpu_before: float
    seeds: int = 0
    simulated_ms: int = 0
    violated: int = 0
    counts: Counter[str] | None = None

    @classmethod
    def begin(cls) -> "Summary":
        return cls(time.perf_counter(), _cpu_secs(), counts=Counter())

    def add(self, one: Played) -> None:
        self.seeds += 1
        self.simulated_ms += one.simulated_ms
        self.violated += bool(one.violated)
        if self.counts is not None:
            self.counts.update(one.counts)

    @property
    def wall_secs(self) -> float:
        return time.perf_counter() - self.started

    @property
    def cpu_secs_an_hour(self) -> float:
        """Of processors, for a simulated hour; processes that ended are counted."""
        return (_cpu_secs() - self.cpu_before) / self.hours

    @property
    def hours(self) -> float:
        return self.simulated_ms / 3_600_000

    @property
    def hours_a_minute(self) -> float:
        return self.hours / (self.wall_secs / 60)
