"""Candle windows that fill themselves: from the store, else from the exchange."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from weakref import WeakValueDictionary

from threet.market_data.candle_window import CandleWindow, CandleWindows
from threet.market_data.staleness import age_ms
from threet.model.candles import Candle, Timeframe
from threet.model.errors import DependencyError, ExchangeError, UnknownSymbolError
from threet.ports.candle_store import CandleStore
from threet.ports.clock import Clock
from threet.ports.exchange import ExchangeReader
from threet.ports.live_view import LiveView
from threet.web.catalogue import Catalogue
from threet.web.waiting import in_thread, in_time

MAX_ROWS = 5000
# Weighs 29 of the 120 that candle fetching leaves for others; 5000 would weigh 104, and
# the second chart that somebody opens would be refused.
_ROWS_ASKED = 500
_AGAIN_MS = 60_000  # readings that no event told of, a few bars only
_AWAITED_AGAIN_MS = 20_000  # while a bar that is over still misses its closed row
_ROWS_AGAIN = 200
_UNKNOWN_FOR_MS = 30_000
_MAX_UNKNOWN = 256
_EXCHANGE_PATIENCE_SECS = 10.0

_Key = tuple[str, Timeframe]


class Source(Enum):
    STORE = "store"
    EXCHANGE = "exchange"


@dataclass(frozen=True, slots=True)
class Reading:
    """A window, where its bars came from, and when."""

    window: CandleWindow
    source: Source
    read_ms: int
    is_kept: bool


class HotCandles:
    def __init__(
        self,
        *,
        store: CandleStore,
        exchange: ExchangeReader,
        live: LiveView,
        catalogue: Catalogue,
        clock: Clock,
    ) -> None:
        self.windows = CandleWindows(bound=MAX_ROWS)
        self._store = store
        self._exchange = exchange
        self._live = live
        self._catalogue = catalogue
        self._clock = clock
        self._readings: OrderedDict[_Key, Reading] = OrderedDict()
        self._unknown: OrderedDict[str, int] = OrderedDict()
        self._locks: WeakValueDictionary[_Key, asyncio.Lock] = WeakValueDictionary()
        self._exchange_turn = asyncio.Semaphore(2)

    async def reading(self, name: str, timeframe: Timeframe) -> Reading:
        """Raises ``UnknownSymbolError``, ``DependencyError`` and ``ExchangeError``."""
        symbol, is_kept = await self._resolve(name)
        key = (symbol, timeframe)
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            known = self._known(key)
            if known is not None and not self._is_due(known):
                return known
            return await self._read_again(key, is_kept, known)

    def followed(self, symbol: str, timeframe: Timeframe) -> CandleWindow | None:
        """The window as it is now; None when it was not filled or has made room."""
        known = self._known((symbol, timeframe))
        return None if known is None else known.window

    def forget(self) -> None:
        """After a gap in the feed every window is read anew when it is asked for."""
        self.windows.clear()
        self._readings.clear()

    async def _resolve(self, name: str) -> tuple[str, bool]:
        try:
            product = await self._catalogue.find(name)
        except UnknownSymbolError:
            now_ms = self._clock.now_ms()
            if self._unknown.get(name, 0) > now_ms:
                raise
            return name, False
        return product.symbol, True

    def _known(self, key: _Key) -> Reading | None:
        known = self._readings.get(key)
        if known is not None and self.windows.find(*key) is not known.window:
            del self._readings[key]
            return None
        return known

    def _is_due(self, known: Reading) -> bool:
        now_ms = self._clock.now_ms()
        age = age_ms(known.read_ms, now_ms)
        is_awaited = known.window.awaits_close(now_ms)
        return age > (_AWAITED_AGAIN_MS if is_awaited else _AGAIN_MS)

    async def _read_again(
        self, key: _Key, is_kept: bool, known: Reading | None
    ) -> Reading:
        window = self.windows.open(*key)
        try:
            source = await self._fill(window, is_kept)
        except (DependencyError, ExchangeError, UnknownSymbolError):
            if known is not None:
                return known
            self.windows.close(*key)
            raise
        reading = Reading(window, source, self._clock.now_ms(), is_kept)
        self._readings[key] = reading
        return reading

    async def _fill(self, window: CandleWindow, is_kept: bool) -> Source:
        symbol, timeframe = window.symbol, window.timeframe
        limit = _ROWS_AGAIN if len(window) else MAX_ROWS
        if is_kept:
            bars = await self._stored(symbol, timeframe, limit)
            if bars:
                window.read(bars)
                await self._take_minutes(window)
                return Source.STORE
        window.read(await self._asked(symbol, timeframe, limit))
        return Source.EXCHANGE

    async def _take_minutes(self, window: CandleWindow) -> None:
        """The minutes of the bar that is forming, the newest one as it is just now."""
        if window.timeframe is not Timeframe.M1:
            since_ms = window.timeframe.open_of(self._clock.now_ms())
            limit = window.timeframe.millis // Timeframe.M1.millis + 1
            minutes = await self._stored(window.symbol, Timeframe.M1, limit)
            window.take_minutes(bar for bar in minutes if bar.open_ms >= since_ms)
        with suppress(DependencyError):  # then it moves when Redis is back
            forming = await in_time(
                "redis", self._live.forming(window.symbol, Timeframe.M1)
            )
            if forming is not None:
                window.take_minutes((forming,))

    async def _stored(
        self, symbol: str, timeframe: Timeframe, limit: int
    ) -> Sequence[Candle]:
        return await in_thread(
            "database", lambda: self._store.newest(symbol, timeframe, limit)
        )

    async def _asked(
        self, symbol: str, timeframe: Timeframe, limit: int
    ) -> Sequence[Candle]:
        end_ms = self._clock.now_ms()
        start_ms = end_ms - min(limit, _ROWS_ASKED) * timeframe.millis
        try:
            async with self._exchange_turn:
                return await in_thread(
                    "exchange",
                    lambda: self._exchange.candles(symbol, timeframe, start_ms, end_ms),
                    _EXCHANGE_PATIENCE_SECS,
                )
        except UnknownSymbolError:
            self._remember_unknown(symbol)
            raise

    def _remember_unknown(self, symbol: str) -> None:
        self._unknown[symbol] = self._clock.now_ms() + _UNKNOWN_FOR_MS
        while len(self._unknown) > _MAX_UNKNOWN:
            self._unknown.popitem(last=False)
