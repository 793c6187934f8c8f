"""Wires what `3t data` works with: the database, and the budget of a running 3T."""

from dataclasses import dataclass

from threet.adapters.memory.fetch_state import MemoryFetchSlots, MemoryRateBudget
from threet.adapters.redis_state.fetch_slots import RedisFetchSlots
from threet.adapters.sql.backfill_store import SqlBackfillStore
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.gap_store import SqlGapStore
from threet.adapters.sql.migrate import require_migrated
from threet.adapters.sql.product_store import SqlProductStore
from threet.adapters.system_clock import SystemClock
from threet.bootstrap import access, processes
from threet.config.sections import Sections
from threet.market_data.backfilling import BackfillParts
from threet.ports.fetch_state import FetchSlots, RateBudget
from threet.ports.product_store import ProductStore


@dataclass(frozen=True, slots=True, kw_only=True)
class DataParts:
    settings: Sections
    database: Database
    products: ProductStore
    backfill: BackfillParts
    has_shared_budget: bool


def data_parts(settings: Sections) -> DataParts:
    """Without Redis the budget is this process' own: nothing else of 3T runs.

    Raises ``ConfigurationError`` and ``DependencyError``.
    """
    database = processes.database(settings)
    require_migrated(database.engine)
    clock = SystemClock()
    return DataParts(
        settings=settings,
        database=database,
        products=SqlProductStore(database),
        has_shared_budget=settings.redis.host is not None,
        backfill=BackfillParts(
            clock=clock,
            candles=SqlCandleStore(
                database, hot_candles=settings.market_data.hot_candles
            ),
            gaps=SqlGapStore(database),
            backfills=SqlBackfillStore(database),
            slots=_slots(settings),
            budget=_budget(settings, clock),
            exchange=access.reader(settings, clock),
        ),
    )


def _slots(settings: Sections) -> FetchSlots:
    limit = settings.market_data.concurrency_limit
    if settings.redis.host is None:
        return MemoryFetchSlots(limit)
    return RedisFetchSlots(access.blocking_redis(settings), limit=limit)


def _budget(settings: Sections, clock: SystemClock) -> RateBudget:
    if settings.redis.host is not None:
        return access.budget(settings, clock)
    per_minute = settings.exchanges.hyperliquid.weight_per_minute
    return MemoryRateBudget(clock, per_minute=per_minute)
