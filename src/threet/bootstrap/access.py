"""Wires the one door of a process to its exchange."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from threet.adapters.hyperliquid.dex_catalogue import Tell, tell_nobody
from threet.adapters.hyperliquid.rest import HyperliquidReader
from threet.adapters.notifying.dispatch import AlertDispatch
from threet.adapters.notifying.log import LogNotifier
from threet.adapters.notifying.webhook import WebhookNotifier
from threet.adapters.redis_state.address_ledger import RedisAddressLedger
from threet.adapters.redis_state.rate_budget import RedisRateBudget
from threet.adapters.redis_streams.alert_notifier import StreamNotifier
from threet.adapters.redis_streams.blocking_publisher import BlockingPublisher
from threet.adapters.system_clock import block
from threet.bootstrap import settings as root
from threet.bootstrap.telemetry import telemetry
from threet.config.sections import Sections
from threet.model.events import AlertRaised
from threet.ports.clock import Clock
from threet.ports.notifier import Notifier
from threet.resilience.access_policy import AccessPolicy, Surroundings
from threet.resilience.address_forecast import AddressForecast, forecast
from threet.resilience.exchange_manager import ExchangeManager
from threet.resilience.local_share import BudgetWithLocalShare
from threet.resilience.network_monitor import NetworkMonitor

_log = structlog.get_logger("threet.exchange")
_REDIS_TIMEOUT_SECS = 5
_BUDGET_TIMEOUT_SECS = 0.5
# Each process sees it; two of them tell people: who streams, and who trades.
_TELL_OF_DEXES = {"price_stream_producer", "order_gateway"}
_INFORMATION = {"exchange_healthy_again", "exchange_retry"}


def exchange_manager(
    settings: Sections,
    clock: Clock,
    budget: BudgetWithLocalShare,
    *,
    source: str,
    retries_secs: Sequence[float] | None = None,
) -> ExchangeManager:
    """Once in each process, after any fork. ``retries_secs`` are the settings' own
    unless they are given: () where whoever asks comes again by itself."""
    hyperliquid = settings.exchanges.hyperliquid
    given = hyperliquid.retries_secs if retries_secs is None else retries_secs
    alert = alerts(settings)
    return ExchangeManager(
        exchange=reader(settings, clock, _dex_alarm(clock, alert, source)),
        budget=budget,
        clock=clock,
        surroundings=Surroundings(
            lock=threading.RLock(),
            wait=block,
            note=_note,
            alert=alert,
            telemetry=telemetry(source).requests,
            source=source,
        ),
        policy=AccessPolicy(
            failures=hyperliquid.breaker.failures,
            reset_secs=hyperliquid.breaker.reset_secs,
            retries_secs=given,
            seed=clock.now_ms() ^ os.getpid(),
        ),
        monitor=NetworkMonitor(cooldown_secs=settings.alerts.cooldown_secs),
        dexes=len(hyperliquid.dexes),
    )


def _dex_alarm(clock: Clock, alert: Callable[[AlertRaised], None], source: str) -> Tell:
    """What is the matter with a builder dex: to the log, and to people."""

    def tell(dex: str, reason: str) -> None:
        if not reason:
            _log.info("dex_there_again", dex=dex)
            return
        _log.warning("dex_amiss", dex=dex, reason=reason)
        if source not in _TELL_OF_DEXES:
            return
        alert(
            AlertRaised(
                received_ns=clock.now_ns(),
                name="dex_amiss",
                source=source,
                message=f"{dex}: {reason}"[:300],
                count=1,
                window_secs=0,
            )
        )

    return tell


def reader(
    settings: Sections, clock: Clock, tell: Tell = tell_nobody
) -> HyperliquidReader:
    return HyperliquidReader(
        url=root.rest_url(settings),
        clock=clock,
        timeout_secs=settings.exchanges.hyperliquid.request_timeout_secs,
        dexes=settings.exchanges.hyperliquid.dexes,
        tell=tell,
    )


def budget(settings: Sections, clock: Clock) -> BudgetWithLocalShare:
    """With a client of its own, which gives a Redis that hangs up soon: a cancel may
    be waiting for the answer."""
    hyperliquid = settings.exchanges.hyperliquid
    redis = Redis.from_url(
        root.redis_url(settings),
        socket_timeout=_BUDGET_TIMEOUT_SECS,
        socket_connect_timeout=_BUDGET_TIMEOUT_SECS,
        # Once, for a connection that a restart of Redis has closed. What was taken
        # twice by that errs to the safe side.
        retry=Retry(NoBackoff(), 1),
    )
    shared = RedisRateBudget(
        redis,
        network=hyperliquid.network,
        run_id=f"{clock.now_ns():x}-{os.getpid():x}",
        per_minute=hyperliquid.weight_per_minute,
    )
    return BudgetWithLocalShare(
        shared,
        clock=clock,
        lock=threading.Lock(),
        local_limit=hyperliquid.local_weight_per_minute,
    )


def address_ledger(settings: Sections) -> RedisAddressLedger:
    network = settings.exchanges.hyperliquid.network
    return RedisAddressLedger(blocking_redis(settings), network=network)


def address_forecast(settings: Sections) -> AddressForecast | None:
    """None without an account or a reading. Raises ``DependencyError``."""
    address = settings.exchanges.hyperliquid.wallet_address
    if address is None:
        return None
    return forecast(address_ledger(settings).readings(address))


def alerts(settings: Sections) -> AlertDispatch:
    """To the log, to the stream, and to the webhook if there is one."""
    publisher = BlockingPublisher(
        blocking_redis(settings), root.stream_lengths(settings)
    )
    notifiers: list[Notifier] = [LogNotifier(), StreamNotifier(publisher)]
    if settings.alerts.webhook_url is not None:
        url = settings.alerts.webhook_url.get_secret_value()
        notifiers.append(WebhookNotifier(url))
    return AlertDispatch(notifiers)


def blocking_redis(settings: Sections) -> Redis:
    return Redis.from_url(
        root.redis_url(settings),
        socket_timeout=_REDIS_TIMEOUT_SECS,
        socket_connect_timeout=_REDIS_TIMEOUT_SECS,
        health_check_interval=10,
    )


def _note(name: str, fields: Mapping[str, object]) -> None:
    write = _log.info if name in _INFORMATION else _log.warning
    write(name, **fields)
