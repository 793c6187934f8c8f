"""Everything a route may ask, wired once, and the tasks that keep it new."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from threet.bootstrap import WebParts
from threet.model.errors import DependencyError
from threet.web.access import Access
from threet.web.account_desk import AccountBoard
from threet.web.catalogue import Catalogue
from threet.web.health_board import HealthBoard
from threet.web.hot_candles import HotCandles
from threet.web.live_hub import LiveHub
from threet.web.markets import Markets
from threet.web.platform_readings import platform_readings
from threet.web.pnl_desk import PnlDesk
from threet.web.sparklines import Sparklines
from threet.web.trading_board import TradingBoard
from threet.web.waiting import in_thread

_HOUSEKEEPING_SECS = 2.0
_ACCOUNT_AGAIN_SECS = 15.0
_SEED_AGAIN_SECS = 600.0
_SEED_RETRY_SECS = 5.0


class Desk:
    def __init__(self, parts: WebParts) -> None:
        self.parts = parts
        self.catalogue = Catalogue(parts.products, parts.clock)
        self.candles = HotCandles(
            store=parts.candles,
            exchange=parts.exchange,
            live=parts.live,
            catalogue=self.catalogue,
            clock=parts.clock,
        )
        self.sparklines = Sparklines(parts.candles, parts.clock)
        self.hub = LiveHub(parts.live, parts.clock, self.candles, self.sparklines)
        self.markets = Markets(parts, self.catalogue)
        self.health = HealthBoard(parts, self.markets, self.hub)
        self.account = AccountBoard(parts)
        self.trading = TradingBoard(parts, self.hub)
        self.pnl = PnlDesk(parts, self.hub)
        self.access = Access(parts)
        self.listeners = 0
        self.has_failed = False

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Runs the tasks; one that fails takes the others and the server with it."""
        duties = (
            self.hub.run(),
            self._keep_house(),
            self._keep_account(),
            self._keep_trading(),
            self._keep_exchange_health(),
            self._keep_listing(),
            self._keep_sparklines(),
        )
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._perform(duty)) for duty in duties]
            try:
                yield
            finally:
                self.hub.close()
                for task in running:
                    task.cancel()

    async def _perform(self, duty: Coroutine[None, None, None]) -> None:
        try:
            await duty
        except Exception:
            self.has_failed = True  # a page that shows old news must not look alive
            self.hub.close()
            raise

    async def _beat(self) -> None:
        if self.parts.board is not None:
            with suppress(DependencyError):
                figures = {"listeners": self.listeners, **self.parts.access_figures()}
                await self.parts.board.beat(figures)

    async def _measure(self) -> None:
        """What only this process sees: all others, the streams and the account."""
        summary = await self.health.summary()
        gaps = None
        if self.parts.gap_counts is not None:
            with suppress(DependencyError):
                gaps = await in_thread("database", self.parts.gap_counts)
        self.parts.telemetry.note(platform_readings(summary, self.account.newest, gaps))

    async def _keep_house(self) -> None:
        while True:
            self.hub.measure_rate()
            with suppress(DependencyError):  # the follower sees it too, and says so
                await self.hub.resync()
            await self._beat()
            await self._measure()
            self.hub.touch()
            await self.parts.clock.sleep(_HOUSEKEEPING_SECS)

    async def _keep_account(self) -> None:
        while True:
            self.hub.account_news.clear()
            if await self.account.refresh():
                self.hub.touch()
            with suppress(TimeoutError):  # a nudge may be lost, the fact may not
                async with asyncio.timeout(_ACCOUNT_AGAIN_SECS):
                    await self.hub.account_news.wait()

    async def _keep_trading(self) -> None:
        while True:
            if await self.trading.refresh():
                self.hub.touch()
            await self.parts.clock.sleep(_HOUSEKEEPING_SECS)

    async def _keep_exchange_health(self) -> None:
        while True:
            await self.health.ask_exchange()
            await self.parts.clock.sleep(_HOUSEKEEPING_SECS)

    async def _keep_listing(self) -> None:
        while True:
            await self.markets.refresh()
            await self.parts.clock.sleep(_HOUSEKEEPING_SECS)

    async def _keep_sparklines(self) -> None:
        all_at = 0.0
        while True:
            now = self.parts.clock.monotonic()
            with suppress(DependencyError):
                await self._seed_sparklines(is_all=now >= all_at)
                all_at = now + _SEED_AGAIN_SECS if now >= all_at else all_at
            await self.parts.clock.sleep(_SEED_RETRY_SECS)

    async def _seed_sparklines(self, *, is_all: bool) -> None:
        """On a new installation history arrives later than the page is opened."""
        for symbol in await self.catalogue.tradable():
            if is_all or not self.sparklines.is_read(symbol):
                await self._seed(symbol)

    async def _seed(self, symbol: str) -> None:
        read = await in_thread("database", lambda: self.sparklines.read(symbol))
        self.sparklines.seed(symbol, read)


def desk_of(request: Request) -> Desk:
    app: FastAPI = request.app
    desk: Desk = app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(desk_of)]
