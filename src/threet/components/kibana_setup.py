"""One-shot process: Kibana's data views, made when they are missing (R4).

Waits until Kibana is ready; ends with 1 and the reason when it cannot be done.
"""

import asyncio
import sys

import structlog

from threet import bootstrap
from threet.bootstrap import elastic
from threet.bootstrap.elastic import KibanaParts
from threet.model.errors import DependencyError

_log = structlog.get_logger(__name__)
_READY_WITHIN_SECS = 300.0
_LOOK_EVERY_SECS = 2.0


async def set_up(parts: KibanaParts, patience_secs: float = _READY_WITHIN_SECS) -> None:
    """Raises ``DependencyError``."""
    give_up_at = parts.clock.monotonic() + patience_secs
    while not await asyncio.to_thread(parts.is_ready):
        if parts.clock.monotonic() > give_up_at:
            reason = f"was not ready within {patience_secs:.0f} s"
            raise DependencyError("kibana", reason)
        await parts.clock.sleep(_LOOK_EVERY_SECS)
    made = await asyncio.to_thread(parts.create_missing)
    _log.info("data_views", made=made)


@bootstrap.telling_refusals()
def main() -> None:
    try:
        asyncio.run(set_up(elastic.kibana()))
    except DependencyError as error:
        sys.exit(f"kibana-setup: {error}")


if __name__ == "__main__":
    main()
