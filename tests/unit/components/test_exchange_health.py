"""Every five minutes the exchange is asked, whatever it answered before."""

import asyncio

from tests.polling import until
from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.exchange import MemoryExchange
from threet.components.exchange_health import CHECK_EVERY_SECS, keep_checking
from threet.model.errors import UnreachableError

NOW_MS = 1_767_225_600_000


async def test_f64_the_exchange_is_asked_every_five_minutes_failing_or_not() -> None:
    clock = ManualClock(NOW_MS)
    exchange = MemoryExchange(clock)
    exchange.fail_next(UnreachableError("exchangeStatus", "timeout"))
    checking = asyncio.create_task(keep_checking(clock, exchange))
    async with asyncio.timeout(5):
        for times in range(4):
            await until(lambda: clock.sleepers == 1)
            assert exchange.requests == ["server_ms"] * times
            clock.advance(CHECK_EVERY_SECS)
    checking.cancel()
