"""Waits for what another process or task brings about, by looking again and again."""

import asyncio
from collections.abc import Callable

_LOOK_EVERY_SECS = 0.005


async def until(is_so: Callable[[], bool]) -> None:
    """Bound it by ``asyncio.timeout``."""
    while not is_so():  # noqa: ASYNC110  # what changes is not ours to signal
        await asyncio.sleep(_LOOK_EVERY_SECS)
