"""The account's stream as the gateway hears it: late, twice, or not at all."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec

from hlsim.virtual import VirtualExchange
from tests.sim.faults import Kind, Weather
from tests.sim.kernel import Kernel
from threet.adapters.hyperliquid.decoding import FrameDecoder
from threet.model.events import AccountSeized, FillsReceived, OrdersUpdated
from threet.ports.account_feed import Hear, Reconcile, ReconcileNow

_CHANNELS = ("orderUpdates", "userEvents")
# A connection that says nothing is given up after so long at the latest.
_RECONNECT_SECS = 0.5


@dataclass(slots=True)
class Hub:
    """Takes what the exchange tells an account, and brings it to who listens now."""

    exchange: VirtualExchange
    kernel: Kernel
    weather: Weather
    random: Random
    listener: "SimAccountFeed | None" = None

    def follow(self, address: str) -> None:
        for channel in _CHANNELS:
            self.exchange.follow({"type": channel, "user": address}, self._told)

    def cut(self) -> None:
        """The connection breaks: whoever listens has to begin anew."""
        if self.listener is not None:
            self.listener.broken.set()

    def _told(self, frame: Mapping[str, Any]) -> None:
        now_ms = self.kernel.now_ms
        if self.weather.strikes(Kind.STREAM_DEAF, now_ms) or self.listener is None:
            return
        body, listener = msgspec.json.encode(frame), self.listener
        times = 2 if self.weather.strikes(Kind.STREAM_TWICE, now_ms) else 1
        for _ in range(times):
            at_ms = now_ms + self.random.choice((1, 20, 200, 1_500))
            self.kernel.at(at_ms, lambda: listener.deliver(body))


@dataclass(slots=True)
class SimAccountFeed:
    """Implements ``AccountFeed`` with the platform's own reading of the frames."""

    hub: Hub
    broken: asyncio.Event = field(default_factory=asyncio.Event)
    _decoder: FrameDecoder = field(default_factory=FrameDecoder)
    _told: tuple[str, Hear, Reconcile] | None = None

    @property
    def is_live(self) -> bool:
        return self._told is not None and self.hub.listener is self

    async def run(self, address: str, hear: Hear, reconcile: Reconcile) -> None:
        self._decoder.account = address.lower()
        kernel, weather = self.hub.kernel, self.hub.weather
        try:
            while True:
                await asyncio.sleep(_RECONNECT_SECS)
                if weather.holding(Kind.STREAM_CLOSED, kernel.now_ms):
                    continue
                self.broken.clear()
                self.hub.listener, self._told = self, (address, hear, reconcile)
                reconcile(ReconcileNow(address=address, since_ms=None))
                await self.broken.wait()
                self._told = None
        finally:
            self._told = None

    def deliver(self, frame: bytes) -> None:
        if self._told is None:
            return
        address, hear, reconcile = self._told
        read = self._decoder.read(frame, self.hub.kernel.now_ms * 1_000_000)
        for event in read.results:
            match event:
                case OrdersUpdated(orders=told) | FillsReceived(fills=told):
                    hear(_listed(told))
                case AccountSeized():
                    reconcile(ReconcileNow(address=address, since_ms=None))


def _listed(told: Sequence[Any]) -> Sequence[Any]:
    return list(told)
