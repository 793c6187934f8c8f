"""The scheduler of beat: RedBeat, which also says on the board that it ticks."""

from typing import Any

import structlog
from redbeat import RedBeatScheduler

from threet.model.errors import DependencyError

_log = structlog.get_logger(__name__)


class BeatingScheduler(RedBeatScheduler):  # type: ignore[misc]  # untyped
    """Only the beat that holds the lock ticks, so only that one counts as alive."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        until_next: float = super().tick(*args, **kwargs)
        says = getattr(self.app, "says_it_ticks", None)
        if says is not None:
            try:
                says()
            except DependencyError as error:
                _log.warning("beat_failed", reason=error.reason)
        return until_next
