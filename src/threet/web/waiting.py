"""Waits with a bound, and calls that block made in a thread."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from threet.model.errors import DependencyError

PATIENCE_SECS = 5.0

_T = TypeVar("_T")


async def in_time(
    dependency: str, answer: Awaitable[_T], patience_secs: float = PATIENCE_SECS
) -> _T:
    """Raises ``DependencyError`` when the answer does not come in time."""
    try:
        async with asyncio.timeout(patience_secs):
            return await answer
    except TimeoutError:
        reason = f"no answer within {patience_secs:g} s"
        raise DependencyError(dependency, reason) from None


async def in_thread(
    dependency: str, call: Callable[[], _T], patience_secs: float = PATIENCE_SECS
) -> _T:
    """The same for a call that blocks.

    A thread that is late is left to end by itself: its library has a limit of its own.
    """
    return await in_time(dependency, asyncio.to_thread(call), patience_secs)
