"""How a process lives: works, says so every other second, ends when it is told to."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Mapping

import structlog

from threet.bootstrap import ProcessParts
from threet.model.errors import DependencyError

_log = structlog.get_logger(__name__)
BEAT_EVERY_SECS = 2.0

Figures = Callable[[], Mapping[str, int | float | str]]


async def live(
    process: ProcessParts,
    work: Awaitable[None],
    *,
    figures: Figures,
    on_stop: Callable[[], None] | None = None,
) -> None:
    """Run ``work`` until it ends, or until SIGTERM or SIGINT.

    On a signal ``on_stop`` is called and the work is waited for; without ``on_stop`` it
    is canceled.
    """
    # What is there at the start stays there. Without this each full collection looks at
    # it anew, 150,000 objects in 40 ms, whatever is under way: an order, perhaps.
    gc.freeze()
    async with asyncio.TaskGroup() as group:
        working = asyncio.ensure_future(work)
        beating = group.create_task(_beat(process, figures))
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, on_stop or working.cancel)
        _log.info("process_started")
        try:
            await working
        except asyncio.CancelledError:
            if not working.cancelled():
                working.cancel()
                raise
        finally:
            beating.cancel()
            await _say_farewell(process)
            _log.info("process_ended")


async def _say_farewell(process: ProcessParts) -> None:
    try:
        await process.board.farewell()
    except DependencyError as error:
        _log.warning("farewell_failed", reason=error.reason)


async def _beat(process: ProcessParts, figures: Figures) -> None:
    while True:
        try:
            await process.board.beat(figures())
        except DependencyError as error:
            _log.warning("beat_failed", reason=error.reason)
        await process.clock.sleep(BEAT_EVERY_SECS)
