"""One follower of the live view for all clients; what changed is told by version."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

import structlog

from threet.market_data.newest_prices import NewestPrices
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
from threet.model.prices import Missing, NewestPrice, PriceChange, PriceKey, PriceKind
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

Quoted = NewestPrice | Missing

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
        self._newest = NewestPrices()
        # Ordered by version: a price that changes moves to the end.
        self._versions: dict[PriceKey, int] = {}
        self._vanished_ns: dict[PriceKey, int] = {}
        self._changed = asyncio.Event()
        self._received = 0
        self._rate_mark = (clock.monotonic(), 0)
        self.version = 0
        # By dex: every known mid price of it is at least as young.
        self.mids_confirmed_ns: dict[str, int] = {}
        self.account_news = asyncio.Event()
        self.is_following = False
        self.is_closed = False
        self.messages_per_sec: float | None = None  # until it was measured

    async def run(self) -> None:
        """Follow until canceled; a Redis that went away is followed again later."""
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
        prices = await in_time("redis", self._live.newest_prices())
        for price in prices:
            self._mend(price)
        present = {(price.symbol, price.kind) for price in prices}
        for key, version in tuple(self._versions.items()):
            if key not in present and version <= before:
                self._vanish(key)
        self._show_mids()
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

    def price(self, symbol: str, kind: PriceKind) -> NewestPrice | Missing:
        return self._newest.find(symbol, kind)

    def mids(self) -> Mapping[str, NewestPrice]:
        return mids_of(self._newest.all())

    def of_kind(self, kind: PriceKind) -> Sequence[NewestPrice]:
        return [price for price in self._newest.all() if price.kind is kind]

    def prices_since(self, version: int) -> Iterator[tuple[PriceKey, Quoted]]:
        """What is newer than ``version``; ``Missing`` is what has vanished."""
        newer = takewhile(
            lambda found: found[1] > version, reversed(self._versions.items())
        )
        return ((key, self._newest.find(*key)) for key, _ in newer)

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
        # Entered first: nothing falls in between.
        async with self._live.follow(_STREAMS) as batches:
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
        self._newest.apply(event)
        for change in event.changes:
            self._touch_price((change.symbol, change.kind))
            if change.kind is PriceKind.MID:
                self._show_mid(change.symbol)
        for key in event.confirmed:
            self._touch_price(key)
        for key in event.vanished:
            self._vanished_ns[key] = event.received_ns
            self._touch_price(key)
        if event.confirms_mids:
            before_ns = self.mids_confirmed_ns.get(event.dex, 0)
            self.mids_confirmed_ns[event.dex] = max(before_ns, event.received_ns)

    def _mend(self, price: NewestPrice) -> None:
        """Take a price as if the stream had told it; one known better stays."""
        key = (price.symbol, price.kind)
        if price.received_ns <= self._vanished_ns.get(key, -1):
            return  # read before the stream's news that it is there no more
        known = self._newest.find(*key)
        if known == price:
            return
        change = PriceChange(price.symbol, price.kind, price.price)
        self._newest.apply(
            PricesUpdated(
                received_ns=price.received_ns,
                event_ms=price.event_ms,
                changes=(change,),
            )
        )
        if self._newest.find(*key) != known:
            self._touch_price(key)

    def _vanish(self, key: PriceKey) -> None:
        known = self._newest.find(*key)
        if isinstance(known, NewestPrice):
            gone = PricesUpdated(
                received_ns=known.received_ns,
                event_ms=known.event_ms,
                changes=(),
                vanished=(key,),
            )
            self._newest.apply(gone)
            self._touch_price(key)

    def _touch_price(self, key: PriceKey) -> None:
        self.version += 1
        self._versions.pop(key, None)
        self._versions[key] = self.version

    def _show_mid(self, symbol: str) -> None:
        mid = self._newest.find(symbol, PriceKind.MID)
        if isinstance(mid, NewestPrice):
            self._sparklines.take_mid(mid)

    def _show_mids(self) -> None:
        """A quiet mid price was confirmed, perhaps: its minute is known by that."""
        for mid in self.mids().values():
            self._sparklines.take_mid(mid)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def mids_of(prices: Iterable[NewestPrice]) -> Mapping[str, NewestPrice]:
    return {price.symbol: price for price in prices if price.kind is PriceKind.MID}
