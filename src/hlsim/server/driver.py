"""Drives the exchange by its clock: blocks, snapshots, and silent connections."""

import asyncio

from hlsim.core.clock import Clock
from hlsim.core.exchange import Exchange
from hlsim.server.hub import Hub
from hlsim.server.publisher import Publisher

_BLOCKS_AT_ONCE = 50


class Driver:
    """The one loop of the server."""

    def __init__(
        self,
        exchange: Exchange,
        hub: Hub,
        publisher: Publisher,
        clock: Clock,
        idle_secs: int,
    ) -> None:
        """Advance ``exchange`` and hang up on sessions silent for ``idle_secs``."""
        self._exchange = exchange
        self._hub = hub
        self._publisher = publisher
        self._clock = clock
        self._idle_ms = idle_secs * 1000

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            await self.catch_up()
            now_ms = self._clock.now_ms()
            await self._clock.wait_until(self._exchange.market.next_ms(now_ms))

    async def catch_up(self) -> None:
        """Publish everything that is due now."""
        now_ms = self._clock.now_ms()
        for number, one in enumerate(self._exchange.advance(now_ms), start=1):
            self._publisher.happened(one)
            if number % _BLOCKS_AT_ONCE == 0:
                await asyncio.sleep(0)  # after a long pause others want a turn
        self._publisher.snapshots(now_ms)
        self._hang_up_on_silent()

    def _hang_up_on_silent(self) -> None:
        for session in self._hub.sessions:
            if self._idle_ms and session.silent_ms >= self._idle_ms:
                session.hang_up()
