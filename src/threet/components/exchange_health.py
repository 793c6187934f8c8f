"""The exchange is really asked every five minutes, whether anybody needs it or not."""

import asyncio

import structlog

from threet.model.errors import DependencyError, ExchangeError
from threet.ports.clock import Clock
from threet.ports.exchange import ExchangeReader

_log = structlog.get_logger(__name__)
CHECK_EVERY_SECS = 300.0


async def keep_checking(clock: Clock, exchange: ExchangeReader) -> None:
    """For a process that asks seldom: it finds out, and mends its connections, before
    it needs them. Never ends."""
    while True:
        await clock.sleep(CHECK_EVERY_SECS)
        try:
            await asyncio.to_thread(exchange.server_ms)
        except (ExchangeError, DependencyError) as error:
            _log.warning("exchange_check_failed", reason=str(error))
