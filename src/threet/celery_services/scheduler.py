"""The scheduler of beat: RedBeat, which also says on the board that it ticks."""

from typing import Any

import structlog
from redbeat import RedBeatScheduler

from threet.model.errors import DependencyError

_log = structlog.get_logger(__name__)


class BeatingScheduler(RedBeatScheduler):  # type: ignore[misc]  # untyped
    """Only the beat that holds the lock ticks, so only that one counts as alive."""

    _has_begun = False

    def tick(self, *args: Any, **kwargs: Any) -> float:
        if not self._has_begun:
            self._has_begun = True
            self._send_all()
        until_next: float = super().tick(*args, **kwargs)
        says = getattr(self.app, "says_it_ticks", None)
        if says is not None:
            try:
                says()
            except DependencyError as error:
                _log.warning("beat_failed", reason=error.reason)
        return until_next

    def _send_all(self) -> None:
        """Every task once at the start: RedBeat would wait an interval for the first.

        Harmless after a restart, since every task may run twice.
        """
        for name, entry in self.app.conf.beat_schedule.items():
            self.app.send_task(entry["task"], **entry["options"])
            _log.info("task_sent_at_start", entry=name)
