"""Wires Celery's processes; connections are made when the first task asks for them."""

import os
from collections.abc import Callable, Mapping

from threet.adapters.redis_state.fetch_memory import RedisFetchMemory
from threet.adapters.redis_state.fetch_slots import RedisFetchSlots
from threet.adapters.redis_streams.blocking_board import BlockingBoard
from threet.adapters.redis_streams.blocking_publisher import BlockingPublisher
from threet.adapters.sql.account_store import SqlAccountStore
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.gap_store import SqlGapStore
from threet.adapters.sql.outbox import SqlOutbox
from threet.adapters.sql.product_store import SqlProductStore
from threet.adapters.system_clock import SystemClock
from threet.adapters.telemetry import logs
from threet.adapters.telemetry.figures import readings
from threet.adapters.telemetry.traces import current_traceparent
from threet.bootstrap import access, processes
from threet.bootstrap import settings as root
from threet.bootstrap.parts import CelerySettings, ReadWeights, WorkerParts
from threet.bootstrap.telemetry import telemetry
from threet.config.sections import Sections
from threet.market_data.fetching import KEPT_FOR_OTHERS, kept_for_trading
from threet.resilience import request_weights


def celery_settings(process: str) -> CelerySettings:
    """Also readies the logs of ``process`` ("celery_worker", "celery_beat")."""
    settings = root.config()
    logs.configure(
        process=process,
        level=settings.observability.log_level,
        as_json=settings.observability.log_format == "json",
    )
    schedules = settings.celery.schedules.model_dump()
    if settings.exchanges.hyperliquid.wallet_address is None:
        schedules["update_balance"] = 0  # there is no account to read
    return CelerySettings(
        broker_url=root.redis_url(settings),
        schedules={name.replace("_", "-"): secs for name, secs in schedules.items()},
        pool=settings.celery.pool,
        autoscale=settings.celery.autoscale,
        log_level=settings.observability.log_level,
        telemetry=lambda: telemetry(process).tasks,
    )


def worker_parts() -> WorkerParts:
    """Once in each process that runs tasks, after any fork."""
    settings = root.config()
    clock = SystemClock()
    database = processes.database(settings)
    redis = processes.blocking_redis(settings)
    weight = access.budget(settings, clock)
    manager = access.exchange_manager(settings, clock, weight, source="celery_worker")
    exchange = manager.get_exchange(is_paid=True)
    market_data, dexes = settings.market_data, settings.exchanges.hyperliquid.dexes
    candles = SqlCandleStore(database, hot_candles=market_data.hot_candles)
    return WorkerParts(
        clock=clock,
        products=SqlProductStore(database),
        candles=candles,
        gaps=SqlGapStore(database),
        accounts=SqlAccountStore(database, traceparent=current_traceparent),
        outbox=SqlOutbox(database),
        fetch_memory=RedisFetchMemory(redis, candles.newest_closed_ms),
        fetch_slots=RedisFetchSlots(redis, limit=market_data.concurrency_limit),
        budget=weight,
        exchange=exchange,
        publish=BlockingPublisher(redis, root.stream_lengths(settings)).publish,
        beat=board_beat("celery_worker"),
        address=settings.exchanges.hyperliquid.wallet_address,
        timeframes=market_data.timeframes,
        hot_candles=market_data.hot_candles,
        kept_for_others=_kept_for_others(settings),
        wished_products=market_data.products,
        weights=ReadWeights(
            catalogue=request_weights.catalogue(len(dexes)),
            account=request_weights.account(len(dexes)),
        ),
        address_ledger=access.address_ledger(settings),
        address_use=exchange.address_use,
        access_figures=manager.figures,
    )


def _kept_for_others(settings: Sections) -> int:
    if not settings.strategies:
        return KEPT_FOR_OTHERS
    return kept_for_trading(settings.exchanges.hyperliquid.weight_per_minute)


def board_beat(name: str) -> Callable[[Mapping[str, int | float | str]], None]:
    """How a process of threads says on the board that it lives."""
    redis = processes.blocking_redis(root.config())
    board = BlockingBoard(redis=redis, clock=SystemClock(), name=name, pid=os.getpid())
    gauges = telemetry(name).figures

    def beat(figures: Mapping[str, int | float | str]) -> None:
        gauges.note(readings(figures))
        board.beat(figures)

    return beat
