"""Keeps a mirror fed: frames, a catalogue that is refreshed, and pasts asked for."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import msgspec

from hlsim.core.candles import MAX_CANDLES
from hlsim.core.clock import Clock
from hlsim.core.intervals import HOUR_MS, MINUTE_MS
from hlsim.market.metas import read_contexts
from hlsim.market.mirror import MirrorMarket, Past
from hlsim.market.pasts import read_candles, read_funding
from hlsim.server.recording import MOST_COINS
from hlsim.server.settings import Settings
from hlsim.server.upstream import Upstream, UpstreamError, connected

# In the order in which they are followed: books before the trades that they date.
_TOPICS: tuple[dict[str, object], ...] = (
    {"type": "l2Book", "fast": True},
    {"type": "bbo"},
    {"type": "activeAssetCtx"},
    {"type": "trades"},
)
_REFRESH_MS = 60_000
_LOOK_MS = 100
_FUNDING_HOURS = 500


class Mirroring:
    """Moves what the upstream says into the mirror."""

    def __init__(
        self, upstream: Upstream, market: MirrorMarket, clock: Clock, most: int
    ) -> None:
        """Follow the first ``most`` coins that are listed."""
        self._upstream = upstream
        self._market = market
        self._clock = clock
        self._most = min(most, MOST_COINS)
        self._followed: list[str] = []

    async def run(self) -> None:
        """Run until cancelled."""
        await self._follow(range(len(self._market.universe)))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._upstream.listen(self._hear), name="mirror frames")
            tasks.create_task(self._refreshing(), name="mirror catalogue")
            tasks.create_task(self._fetching(), name="mirror pasts")

    def _hear(self, frame: bytes) -> None:
        self._market.hear(frame, self._clock.now_ms())

    async def _follow(self, assets: Iterable[int]) -> None:
        universe = self._market.universe
        listed = [universe[one].name for one in assets if not universe[one].is_delisted]
        added = listed[: self._most - len(self._followed)]
        self._followed += added
        await self._upstream.follow(
            {**topic, "coin": coin} for topic in _TOPICS for coin in added
        )

    async def _refreshing(self) -> None:
        while True:
            await self._clock.wait_until(self._clock.now_ms() + _REFRESH_MS)
            try:
                answer = await self._upstream.ask(type="metaAndAssetCtxs")
                added = self._market.learn(*read_contexts(answer))
            except (UpstreamError, ValueError, msgspec.DecodeError):
                continue  # what is known stays, until the next time
            await self._follow(added)

    async def _fetching(self) -> None:
        while True:
            for past, asset in self._market.wanted():
                try:
                    await self._fetch(past, asset)
                except (UpstreamError, ValueError, msgspec.DecodeError):
                    continue  # whoever asks again has it tried again
            await self._clock.wait_until(self._clock.now_ms() + _LOOK_MS)

    async def _fetch(self, past: Past, asset: int) -> None:
        instrument, now_ms = self._market.universe[asset], self._clock.now_ms()
        if past is Past.FUNDING:
            start_ms = now_ms - _FUNDING_HOURS * HOUR_MS
            answer = await self._upstream.ask(
                type=past.value, coin=instrument.name, startTime=start_ms
            )
            self._market.learn_funding(asset, read_funding(answer))
            return
        span = {
            "coin": instrument.name,
            "interval": "1m",
            "startTime": now_ms - MAX_CANDLES * MINUTE_MS,
            "endTime": now_ms,
        }
        answer = await self._upstream.ask(type=past.value, req=span)
        self._market.learn_candles(asset, read_candles(answer, instrument), now_ms)


@asynccontextmanager
async def mirrored(
    settings: Settings, clock: Clock
) -> AsyncIterator[MirrorMarket | None]:
    """Provide the mirror that the settings ask for, or None if they ask for none.

    Raises UpstreamError if the other exchange does not say at first what it has.
    """
    if settings.mirror is None:
        yield None
        return
    async with connected(settings.mirror) as upstream:
        market = await _first(upstream, settings, clock)
        feeding = Mirroring(upstream, market, clock, settings.symbols)
        task = asyncio.create_task(feeding.run(), name="mirror")
        try:
            yield market
        finally:
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled():
                task.result()  # it ends by itself only by failing


async def _first(upstream: Upstream, settings: Settings, clock: Clock) -> MirrorMarket:
    answer = await upstream.ask(type="metaAndAssetCtxs")
    try:
        instruments, contexts = read_contexts(answer)
    except (ValueError, msgspec.DecodeError) as error:
        raise UpstreamError(upstream.url, "its meta cannot be read") from error
    market = MirrorMarket(
        instruments,
        seed=settings.seed,
        start_ms=clock.now_ms(),
        stale_ms=settings.mirror_stale_ms,
    )
    market.learn(instruments, contexts)
    return market
