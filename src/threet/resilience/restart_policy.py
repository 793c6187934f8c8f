"""When a process that ended is started again: soon, then ever later, or not at all."""

from dataclasses import dataclass, field
from enum import Enum

from threet.resilience.backoff import Backoff

# EX_CONFIG of sysexits.h: starting again changes nothing before a person does.
EXIT_CONFIGURATION = 78


class ChildState(Enum):
    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"
    REFUSED = "refused"  # its configuration is wrong
    STOPPED = "stopped"


@dataclass(slots=True)
class RestartPolicy:
    """``now`` is monotonic seconds. One for each child."""

    steady_after_secs: float = 30.0
    backoff: Backoff = field(default_factory=lambda: Backoff(most_secs=20.0))
    restarts: int = 0
    _started_at: float = 0.0

    def started(self, now: float) -> None:
        self._started_at = now

    def ended(self, exit_code: int, now: float) -> float | None:
        """Seconds until it shall be started again; None for never."""
        if exit_code == EXIT_CONFIGURATION:
            return None
        if now - self._started_at >= self.steady_after_secs:
            self.backoff.succeeded()
        self.restarts += 1
        return self.backoff.failed()
