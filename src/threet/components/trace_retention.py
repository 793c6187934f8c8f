"""Process: what Jaeger keeps in Elasticsearch ends after `keep_days`.

Jaeger makes one index a day and deletes none.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import structlog

from threet import bootstrap
from threet.bootstrap import elastic
from threet.bootstrap.elastic import RetentionParts
from threet.components.lifecycle import live
from threet.model.errors import DependencyError

_log = structlog.get_logger(__name__)
_LOOK_EVERY_SECS = 3600.0
_AGAIN_AFTER_SECS = 60.0


class TraceRetention:
    def __init__(self, parts: RetentionParts) -> None:
        self._parts = parts
        self._deleted = 0
        self._failures = 0

    async def run(self) -> None:
        while True:
            is_done = await self.look()
            pause = _LOOK_EVERY_SECS if is_done else _AGAIN_AFTER_SECS
            await self._parts.process.clock.sleep(pause)

    async def look(self) -> bool:
        """Delete what is too old; False when Elasticsearch did not do it."""
        first_kept = first_kept_day(
            self._parts.process.clock.now_ms(), self._parts.keep_days
        )
        try:
            deleted = await asyncio.to_thread(self._parts.delete_expired, first_kept)
        except DependencyError as error:
            self._failures += 1
            _log.warning("retention_failed", reason=str(error))
            return False
        self._deleted += len(deleted)
        if deleted:
            _log.info("traces_deleted", indices=deleted)
        return True

    def figures(self) -> Mapping[str, int | float | str]:
        return {"deleted": self._deleted, "failures": self._failures}


def first_kept_day(now_ms: int, keep_days: int) -> str:
    """Today and the ``keep_days`` whole days before it stay."""
    today = datetime.fromtimestamp(now_ms / 1000, tz=UTC)
    return (today - timedelta(days=keep_days)).strftime("%Y-%m-%d")


@bootstrap.telling_refusals()
def main() -> None:
    async def process() -> None:
        parts = elastic.trace_retention()
        retention = TraceRetention(parts)
        await live(parts.process, retention.run(), figures=retention.figures)

    asyncio.run(process())


if __name__ == "__main__":
    main()
