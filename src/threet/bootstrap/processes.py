"""Wires the long-running processes."""

import os
import socket
from collections.abc import Sequence

from threet.adapters.hyperliquid.websocket import HyperliquidFeed
from threet.adapters.redis_streams.board import RedisBoard
from threet.adapters.redis_streams.consumer import ConsumerPolicy, RedisConsumer
from threet.adapters.redis_streams.live_view import RedisLiveView
from threet.adapters.redis_streams.market_sink import MarketSink
from threet.adapters.redis_streams.publisher import RedisPublisher
from threet.adapters.sql.account_store import SqlAccountStore
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.gap_store import SqlGapStore
from threet.adapters.sql.migrate import migrate
from threet.adapters.sql.network import owner_check
from threet.adapters.sql.outbox import SqlInbox
from threet.adapters.sql.product_store import SqlProductStore
from threet.adapters.system_clock import SystemClock
from threet.adapters.telemetry import logs
from threet.adapters.telemetry.figures import MeteredBoard
from threet.bootstrap import access
from threet.bootstrap import settings as root
from threet.bootstrap.parts import ConsumerParts, ProcessParts, ProducerParts, WebParts
from threet.bootstrap.telemetry import telemetry
from threet.bootstrap.web_trading import web_trading
from threet.config.sections import Sections
from threet.ports.live_view import LiveView
from threet.resilience.backoff import Backoff

reader = access.reader
budget = access.budget
blocking_redis = access.blocking_redis

# What a complete platform runs beside the page, which misses whichever is silent.
EXPECTED_PROCESSES = (
    "price_stream_producer",
    "price_stream_consumer",
    "example_balance_consumer",
    "celery_worker",
    "celery_beat",
)


# `3t status` misses the page as well.
PLATFORM_PROCESSES = (*EXPECTED_PROCESSES, "web")


def producer() -> ProducerParts:
    settings = root.config()
    process = process_parts(settings, "price_stream_producer")
    clock = process.clock
    # Unlike any other run's: consumers take an id they know for a repetition.
    run_id = f"p{clock.now_ms():x}-{os.getpid():x}"
    manager = access.exchange_manager(
        settings, clock, budget(settings, clock), source="price_stream_producer"
    )
    exchange, store = manager.get_exchange(), database(settings)
    return ProducerParts(
        process=process,
        exchange=exchange,
        trades=exchange,
        products=SqlProductStore(store),
        gaps=SqlGapStore(store),
        access_figures=manager.figures,
        feed=HyperliquidFeed(
            url=root.websocket_url(settings),
            clock=clock,
            backoff=Backoff(seed=clock.now_ms()),
            shards=settings.exchanges.hyperliquid.websocket_connections,
        ),
        sink=MarketSink(
            publisher=publisher(settings),
            clock=clock,
            run_id=run_id,
            telemetry=telemetry("price_stream_producer").ticks,
        ),
        books=settings.market_data.books,
        dexes=settings.exchanges.hyperliquid.dexes,
    )


def consumer(name: str, *, stream: str, start: str = "0") -> ConsumerParts:
    """A member of the group ``name``; ``start`` is where a new group begins."""
    settings = root.config()
    process = process_parts(settings, name)
    return ConsumerParts(
        process=process,
        consumer=RedisConsumer(
            address=root.redis_address(settings),
            stream=stream,
            group=name,
            consumer=socket.gethostname(),
            clock=process.clock,
            start=start,
            policy=ConsumerPolicy(
                dead_letters_kept=settings.redis.streams.dead_letters
            ),
            telemetry=telemetry(name).deliveries,
        ),
        inbox=SqlInbox(database(settings), process.clock),
    )


def web_parts() -> WebParts:
    settings = root.config()
    process = process_parts(settings, "web")
    clock = process.clock
    store = database(settings)
    weight, token = budget(settings, clock), settings.web.token
    # Without retries: the page asks again by itself, and its threads are few.
    manager = access.exchange_manager(
        settings, clock, weight, source="web", retries_secs=()
    )
    return WebParts(
        clock=clock,
        products=SqlProductStore(store),
        candles=SqlCandleStore(store, hot_candles=settings.market_data.hot_candles),
        accounts=SqlAccountStore(store),
        live=live_view(settings),
        exchange=manager.get_exchange(),
        network=settings.exchanges.hyperliquid.network,
        address=settings.exchanges.hyperliquid.wallet_address,
        expected_processes=expected_processes(settings),
        price_stale_after_ms=int(settings.market_data.stale_after_secs * 1000),
        host=settings.web.host,
        port=settings.web.port,
        allowed_hosts=settings.web.allowed_hosts,
        board=process.board,
        budget=weight,
        address_forecast=lambda: access.address_forecast(settings),
        access_figures=manager.figures,
        gap_counts=SqlGapStore(store).counts,
        telemetry=telemetry("web").web,
        trading=web_trading(settings, store),
        token=None if token is None else token.get_secret_value(),
    )


def expected_processes(settings: Sections) -> Sequence[str]:
    """With strategies the trader as well; the gateway says itself that it is there."""
    trading = ("trader",) if settings.strategies else ()
    return (*EXPECTED_PROCESSES, *trading)


def database(settings: Sections, *, survives_power_cut: bool = True) -> Database:
    if settings.database.host is None:  # balances are for their owner's eyes
        root.make_private(root.data_dir(settings))
    check = owner_check(settings.exchanges.hyperliquid.network)
    engine = make_engine(
        root.database_url(settings), survives_power_cut=survives_power_cut
    )
    return Database(engine, check)


def prepared_database(settings: Sections) -> str:
    """Bring the schema up to date, and bind it to the network; returns its revision.

    Raises ``ConfigurationError`` and ``DependencyError``.
    """
    made = database(settings)
    try:
        revision = migrate(made.engine)
        made.write(lambda _: None)  # the first write binds it
    finally:
        made.close()
    return revision


def live_view(settings: Sections) -> LiveView:
    return RedisLiveView(root.redis_address(settings))


def publisher(settings: Sections) -> RedisPublisher:
    return RedisPublisher(root.redis_address(settings), root.stream_lengths(settings))


def process_parts(settings: Sections, name: str) -> ProcessParts:
    logs.configure(
        process=name,
        level=settings.observability.log_level,
        as_json=settings.observability.log_format == "json",
    )
    clock = SystemClock()
    board = RedisBoard(
        publisher=publisher(settings), clock=clock, name=name, pid=os.getpid()
    )
    metered = MeteredBoard(board, telemetry(name).figures)
    return ProcessParts(clock=clock, board=metered)
