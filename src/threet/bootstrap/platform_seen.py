"""What Redis tells now of the processes and of the prices they stream."""

from collections.abc import Mapping
from dataclasses import dataclass

from threet.adapters.redis_streams.live_view import RedisLiveView
from threet.bootstrap import settings as root
from threet.config.sections import Sections
from threet.model.prices import PriceKind
from threet.model.times import PROCESS_DEAD_AFTER_MS
from threet.ports.clock import Clock

_NANOSECONDS_A_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """``alive`` are the names of processes, ``ages_ms`` those of the mid prices."""

    alive: frozenset[str]
    ages_ms: Mapping[str, int]


async def seen(settings: Sections, clock: Clock) -> Platform:
    """Raises ``DependencyError``."""
    view = RedisLiveView(root.redis_address(settings))
    try:
        beating, prices = await view.processes(), await view.newest_prices()
    finally:
        await view.close()
    now_ms = clock.now_ms()
    return Platform(
        alive=frozenset(
            one.name for one in beating if now_ms - one.beat_ms <= PROCESS_DEAD_AFTER_MS
        ),
        ages_ms={
            one.symbol: now_ms - one.received_ns // _NANOSECONDS_A_MS
            for one in prices
            if one.kind is PriceKind.MID
        },
    )
