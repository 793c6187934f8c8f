"""One follower of the live view for all clients; what changed is told by version."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import takewhile

import structlog

from threet.model.errors import DependencyError
from threet.model.events import (
    BalanceUpdated,
    CandleFormed,
    CandlesClosed,
    Envelope,
    Event,
    PositionsUpdated,
    PricesUpdated,
)
from threet.model.prices import NewestPrice, PriceKind
from threet.ports.clock import Clock
from threet.ports.live_view import LiveView
from threet.web.hot_candles import HotCandles
from threet.web.sparklines import Sparklines
from threet.web.waiting import in_time

_STREAMS = (
    "prices:updated",
    "candles:closed",
    "candles:formed",
    "balance:updated",
    "positions:updated",
)
_RETRY_SECS = 1.0
_RATE_OVER_SECS = 5.0

_log = structlog.get_logger()


class LiveHub:
    """``version`` moves with every change; a client is the version it has seen.

    So a client costs no memory here, and a slow one skips to the newest state.
    """

    def __init__(
        self, live: LiveView, clock: Clock, candles: HotCandles, sparklines: Sparklines
    ) -> None:
        self._live = live
        self._clock = clock
        self._candles = candles
        self._sparklines = sparklines
        # Ordered by version: a price that changes moves to the end.
        self._prices: dict[tuple[str, PriceKind], tuple[int, NewestPrice]] = {}
        self._changed = asyncio.Event()
        self._received = 0
        self._rate_mark = (clock.monotonic(), 0)
        self.version = 0
        self.account_news = asyncio.Event()
        self.is_following = False
        self.is_closed = False
        self.messages_per_sec: float | None = None  # until it was measured

    async def run(self) -> None:
        """Follow until cancelled; a Redis that went away is followed again later."""
        while True:
            try:
                await self._follow()
            except DependencyError as error:
                _log.warning("live view lost", reason=str(error))
            self.is_following = False
            self._candles.forget()
            self.touch()
            await self._clock.sleep(_RETRY_SECS)

    async def resync(self) -> None:
        """Take the newest of everything: mends what the stream lost."""
        before = self.version
        for price in await in_time("redis", self._live.newest_prices()):
            self._take_price(price)
        if self.version != before:
            self._wake()

    def measure_rate(self) -> None:
        now = self._clock.monotonic()
        since, received = self._rate_mark
        if now - since >= _RATE_OVER_SECS:
            self.messages_per_sec = round(
                (self._received - received) / (now - since), 1
            )
            self._rate_mark = (now, self._received)

    def price(self, symbol: str, kind: PriceKind) -> NewestPrice | None:
        found = self._prices.get((symbol, kind))
        return None if found is None else found[1]

    def prices_since(self, version: int) -> Iterator[NewestPrice]:
        newer = takewhile(
            lambda found: found[0] > version, reversed(self._prices.values())
        )
        return (price for _, price in newer)

    async def wait_beyond(self, version: int, for_secs: float) -> bool:
        """Whether something newer than ``version`` came in time."""
        try:
            async with asyncio.timeout(for_secs):
                while self.version <= version and not self.is_closed:
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    def touch(self) -> None:
        """Something beside the prices changed: clients look again."""
        self.version += 1
        self._wake()

    def close(self) -> None:
        """Ends every open event stream, so that the server can stop at once."""
        self.is_closed = True
        self._wake()

    async def _follow(self) -> None:
        batches = self._live.follow(_STREAMS)  # first: nothing falls in between
        await self.resync()
        self.is_following = True
        self.account_news.set()
        self.touch()
        async for batch in batches:
            self._take_batch(batch)

    def _take_batch(self, batch: Sequence[Envelope]) -> None:
        self._received += len(batch)
        self.version += 1
        for envelope in batch:
            self._take(envelope.event)
        self._wake()

    def _take(self, event: Event) -> None:
        match event:
            case PricesUpdated():
                self._take_prices(event)
            case CandleFormed():
                self._candles.windows.apply(event.candle)
                self._sparklines.take_candle(event.candle)
            case CandlesClosed():
                for candle in event.candles:
                    self._candles.windows.apply(candle)
                    self._sparklines.take_candle(candle)
            case BalanceUpdated() | PositionsUpdated():
                self.account_news.set()
            case _:
                pass  # a stream that is not followed

    def _take_prices(self, event: PricesUpdated) -> None:
        for change in event.changes:
            self._take_price(
                NewestPrice(
                    symbol=change.symbol,
                    kind=change.kind,
                    price=change.price,
                    received_ns=event.received_ns,
                    event_ms=event.event_ms,
                )
            )

    def _take_price(self, price: NewestPrice) -> None:
        key = (price.symbol, price.kind)
        known = self._prices.get(key)
        if known is not None and price.received_ns <= known[1].received_ns:
            return
        self.version += 1
        self._prices.pop(key, None)
        self._prices[key] = (self.version, price)
        self._sparklines.take_price(price)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
