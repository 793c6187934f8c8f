"""What a process uses of the machine."""

import os
import resource
from collections.abc import Sequence
from pathlib import Path

from threet.ports.clock import Clock
from threet.ports.telemetry import Reading

_STATM = Path("/proc/self/statm")


class ProcessUse:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()

    def readings(self) -> Sequence[Reading]:
        times = os.times()
        uptime = self._clock.monotonic() - self._began
        return (
            Reading("process.cpu.time", times.user, {"cpu.mode": "user"}),
            Reading("process.cpu.time", times.system, {"cpu.mode": "system"}),
            Reading("process.memory.usage", _resident_bytes()),
            Reading("process.uptime", uptime),
        )


def _resident_bytes() -> int:
    """Now, from Linux; elsewhere the most there ever was."""
    try:
        pages = int(_STATM.read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return pages * resource.getpagesize()
