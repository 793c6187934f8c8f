"""`3t doctor`: what stands between here and the next trade, each with its remedy."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from threet.adapters.system_clock import SystemClock, block
from threet.bootstrap import run_file
from threet.bootstrap import settings as root
from threet.bootstrap.doctor import Doctor
from threet.model.errors import ConfigurationError
from threet.model.findings import Finding, Health, fail

_STYLES = {
    Health.OK: "green",
    Health.WARN: "yellow",
    Health.FAIL: "bold red",
    Health.UNKNOWN: "magenta",
}


@dataclass(slots=True)
class _Patience:
    """A 3T that starts here uses up each minute's requests for a while."""

    left_secs: float = 90.0

    def wait(self, secs: float) -> bool:
        secs = max(1.0, secs)
        if secs > self.left_secs:
            return False
        sys.stderr.write(f"waiting {secs:.0f} s: the request budget is in use\n")
        self.left_secs -= secs
        block(secs)
        return True


def examine(*, trades: bool, as_json: bool, data_dir: Path | None) -> int:
    """Returns 0 when nothing is wrong and nothing unknown, else 1."""
    found = list(_findings(trades, data_dir))
    if as_json:
        rows = [msgspec.to_builtins(one) for one in found]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        show(Console(), found)
    return 1 if any(one.is_bad for one in found) else 0


def show(console: Console, found: Sequence[Finding]) -> None:
    table = Table("", "check", "found")
    for one in found:
        style = _STYLES[one.health]
        words = escape(one.what)
        if one.remedy:
            words += f"\n[{style}]→ {escape(one.remedy)}[/]"
        table.add_row(f"[{style}]{one.health.value}[/]", escape(one.name), words)
    console.print(table)
    bad = sum(1 for one in found if one.is_bad)
    console.print(f"{bad} to mend." if bad else "Nothing stands in the way.")


def _findings(trades: bool, data_dir: Path | None) -> Iterable[Finding]:
    try:
        root.settings_in(data_dir)
    except ConfigurationError as error:
        remedy = "mend the files; `3t config schema` tells what may be set"
        return [fail("configuration", one, remedy) for one in error.reasons]
    with doctor_in(data_dir, trades=trades) as doctor:
        return list(doctor.findings())


@contextmanager
def doctor_in(data_dir: Path | None, *, trades: bool) -> Iterator[Doctor]:
    """Of a data folder, and of the 3T that runs there; with ``trades`` none starts
    there meanwhile. Raises ``ConfigurationError``."""
    settings, run = run_file.settings_here(data_dir)
    with _held(root.data_dir(settings), wanted=trades) as is_alone:
        doctor = Doctor(
            settings=settings,
            clock=SystemClock(),
            trades=trades,
            is_alone=is_alone,
            agent=None if run is None else run.agent,
            wait=_Patience().wait,
        )
        try:
            yield doctor
        finally:
            doctor.close()


@contextmanager
def _held(folder: Path, *, wanted: bool) -> Iterator[bool]:
    """Whether the folder is ours while we trade: no 3T starts in it meanwhile."""
    if not wanted:
        yield False
        return
    with ExitStack() as held:
        try:
            held.enter_context(run_file.only_one(folder))
        except ConfigurationError:
            is_ours = False
        else:
            is_ours = True
        yield is_ours
