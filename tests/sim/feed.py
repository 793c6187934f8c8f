"""The live prices as the platform gets them from hlsim, with silent symbols."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hlsim.virtual import VirtualExchange
from tests.sim.faults import Kind, Weather
from tests.sim.kernel import SimClock
from threet.model.errors import DependencyError
from threet.model.events import Envelope
from threet.model.prices import NewestPrice, PriceKind

_TARGETS = "targets:decided"


@dataclass(frozen=True, slots=True)
class Quoted:
    """The best prices at a moment of true time."""

    at_ms: int
    bid: Decimal
    ask: Decimal
    received_ns: int  # by the platform's clock then

    @property
    def mid(self) -> Decimal:
        return (self.bid + self.ask) / 2


@dataclass(slots=True)
class SimLive:
    """Implements what is used of ``LiveView``. ``offers`` is what was told, by true
    time: the checker's own record of how old each price was."""

    exchange: VirtualExchange
    clock: SimClock
    weather: Weather
    symbols: Sequence[str]
    offers: list[tuple[int, Mapping[str, Quoted]]] = field(default_factory=list)
    _nudged: list[asyncio.Event] = field(default_factory=list)
    _silent: dict[str, Quoted] = field(default_factory=dict)

    async def newest_prices(self) -> Sequence[NewestPrice]:
        now_ms = self.exchange.now_ms
        if self.weather.strikes(Kind.FEED_AWAY, now_ms):
            raise DependencyError("redis", "it is away")
        told = {symbol: self._told(symbol, now_ms) for symbol in self.symbols}
        known = {symbol: one for symbol, one in told.items() if one is not None}
        self.offers.append((now_ms, known))
        return [one for symbol in known for one in _prices(symbol, known[symbol])]

    async def prices_of(self, symbols: Collection[str]) -> Sequence[NewestPrice]:
        return [one for one in await self.newest_prices() if one.symbol in symbols]

    @asynccontextmanager
    async def follow(
        self, streams: Sequence[str]
    ) -> AsyncIterator[AsyncIterator[Sequence[Envelope]]]:
        """Only nudges: that a run has decided something."""
        nudged = asyncio.Event()
        if _TARGETS in streams:
            self._nudged.append(nudged)
        try:
            yield _nudges(nudged)
        finally:
            self._nudged = [one for one in self._nudged if one is not nudged]

    def decided(self) -> None:
        for one in self._nudged:
            one.set()

    def hush(self, symbol: str) -> None:
        """From now on this symbol says nothing new, until it may again."""
        quoted = self.quoted(symbol)
        if quoted is not None:
            self._silent.setdefault(symbol, quoted)

    def quoted(self, symbol: str) -> Quoted | None:
        """The truth; None while a side of the book is empty."""
        core = self.exchange.exchange
        asset = core.asset(symbol)
        bid, ask = core.matching.best_px(asset)
        if not (bid and ask):
            return None
        scale = -core.universe[asset].px_decimals
        return Quoted(
            self.exchange.now_ms,
            Decimal(bid).scaleb(scale),
            Decimal(ask).scaleb(scale),
            self.clock.now_ns(),
        )

    def _told(self, symbol: str, now_ms: int) -> Quoted | None:
        if self.weather.holding(Kind.MISSING, now_ms, symbol):
            self.weather.note(Kind.MISSING)
            return None
        if self.weather.holding(Kind.SILENT, now_ms, symbol):
            self.weather.note(Kind.SILENT)
            return self._silent.get(symbol)
        self._silent.pop(symbol, None)
        return self.quoted(symbol)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the simulation has no {name}")


async def _nudges(nudged: asyncio.Event) -> AsyncIterator[Sequence[Envelope]]:
    while True:
        await nudged.wait()
        nudged.clear()
        yield []


def _prices(symbol: str, quoted: Quoted) -> Sequence[NewestPrice]:
    return [
        NewestPrice(
            symbol=symbol, kind=kind, price=price, received_ns=quoted.received_ns
        )
        for kind, price in (
            (PriceKind.BID, quoted.bid),
            (PriceKind.ASK, quoted.ask),
            (PriceKind.MID, quoted.mid),
        )
    ]
