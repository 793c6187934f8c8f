"""Calls that block, made in a thread and with a bound on the wait."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from threet.model.errors import DependencyError

PATIENCE_SECS = 5.0

_T = TypeVar("_T")


async def in_thread(
    dependency: str, call: Callable[[], _T], patience_secs: float = PATIENCE_SECS
) -> _T:
    """Raises ``DependencyError`` when the answer does not come in time.

    The thread is left to end by itself: its library has a time limit of its own.
    """
    try:
        async with asyncio.timeout(patience_secs):
            return await asyncio.to_thread(call)
    except TimeoutError:
        reason = f"no answer within {patience_secs:g} s"
        raise DependencyError(dependency, reason) from None
