"""Wires what `3t data` works with: the database, and the budget of a running 3T."""

import os
from dataclasses import dataclass

from redis import Redis

from threet.adapters.hyperliquid.rest import HyperliquidReader
from threet.adapters.memory.fetch_state import MemoryFetchSlots, MemoryRateBudget
from threet.adapters.redis_state.fetch_slots import RedisFetchSlots
from threet.adapters.redis_state.rate_budget import RedisRateBudget
from threet.adapters.redis_streams.address import RedisAddress
from threet.adapters.sql.backfill_store import SqlBackfillStore
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.gap_store import SqlGapStore
from threet.adapters.sql.migrate import require_migrated
from threet.adapters.sql.product_store import SqlProductStore
from threet.adapters.system_clock import SystemClock
from threet.bootstrap import processes
from threet.config.sections import Sections
from threet.config.settings import load
from threet.market_data.backfilling import BackfillParts
from threet.ports.fetch_state import FetchSlots, RateBudget
from threet.ports.product_store import ProductStore

_REDIS_TIMEOUT_SECS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DataParts:
    settings: Sections
    database: Database
    products: ProductStore
    backfill: BackfillParts
    has_shared_budget: bool


def data_settings(network: str | None) -> Sections:
    """The configuration, with another network if one is named."""
    named = {"THREET_EXCHANGES__HYPERLIQUID__NETWORK": network} if network else {}
    return load(environment={**os.environ, **named})


def data_parts(settings: Sections, redis: RedisAddress | None) -> DataParts:
    """Without ``redis`` the budget is this process' own: nothing else of 3T runs.

    Raises ``ConfigurationError`` and ``DependencyError``.
    """
    database = processes.database(settings)
    require_migrated(database.engine)
    clock = SystemClock()
    slots, budget = _shared(settings, redis)
    return DataParts(
        settings=settings,
        database=database,
        products=SqlProductStore(database),
        has_shared_budget=redis is not None,
        backfill=BackfillParts(
            clock=clock,
            candles=SqlCandleStore(
                database, hot_candles=settings.market_data.hot_candles
            ),
            gaps=SqlGapStore(database),
            backfills=SqlBackfillStore(database),
            slots=slots,
            budget=budget,
            exchange=_reader(settings, clock),
        ),
    )


def _reader(settings: Sections, clock: SystemClock) -> HyperliquidReader:
    return processes.reader(settings, clock)


def _shared(
    settings: Sections, redis: RedisAddress | None
) -> tuple[FetchSlots, RateBudget]:
    per_minute = settings.exchanges.hyperliquid.weight_per_minute
    limit = settings.market_data.concurrency_limit
    if redis is None:
        budget = MemoryRateBudget(SystemClock(), per_minute=per_minute)
        return MemoryFetchSlots(limit), budget
    client = Redis(
        host=redis.host,
        port=redis.port,
        db=redis.db,
        password=redis.password,
        socket_timeout=_REDIS_TIMEOUT_SECS,
        socket_connect_timeout=_REDIS_TIMEOUT_SECS,
    )
    return RedisFetchSlots(client, limit=limit), RedisRateBudget(
        client, per_minute=per_minute
    )
