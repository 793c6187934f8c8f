"""The tasks: parse, call, say what came of it.

All may run twice, at once, or be killed. They fail on a ``ThreeTError`` and are not
retried by Celery: beat sends each again; what was claimed is given back or lapses.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from celery import Celery

from threet.accounts.updating import CONFIRM_SECS, BalanceOutcome
from threet.celery_services import reports
from threet.celery_services.work import Work
from threet.market_data.fetching import QUEUED_SECS
from threet.model.candles import Timeframe
from threet.model.errors import ThreeTError

FETCH_MARKET_DATA = "fetch-market-data"
UPDATE_BALANCE = "update-balance"
CANARY = "canary"
# Ours fail with a line, not a traceback; and other apps of this process get no copies.
_OPTIONS: Any = {"throws": (ThreeTError,), "shared": False}


def register(app: Celery, work: Callable[[], Work]) -> None:
    """Give the app its tasks. Arguments are plain JSON, never a secret."""
    _register_market_data(app, work)
    _register_accounts(app, work)
    _register_care(app, work)


def _register_market_data(app: Celery, work: Callable[[], Work]) -> None:
    @app.task(name=FETCH_MARKET_DATA, **_OPTIONS)
    def fetch_market_data(symbol: str, timeframe: str) -> None:
        report = work().fetching.fetch(symbol, Timeframe(timeframe))
        reports.fetched(work(), report)

    @app.task(name="schedule-market-data", **_OPTIONS)
    def schedule_market_data() -> None:
        for need in work().fetching.claim_due():
            pair = (need.symbol, need.timeframe.value)
            fetch_market_data.apply_async(pair, expires=QUEUED_SECS)

    @app.task(name="repair-candle-gaps", **_OPTIONS)
    def repair_candle_gaps() -> None:
        reports.repaired(work(), work().gap_repair.repair())

    @app.task(name="rewarm-market-data", **_OPTIONS)
    def rewarm_market_data() -> None:
        work().rewarm()


def _register_accounts(app: Celery, work: Callable[[], Work]) -> None:
    @app.task(name=UPDATE_BALANCE, **_OPTIONS)
    def update_balance(suspected: str | None = None) -> None:
        equity = None if suspected is None else Decimal(suspected)
        report = work().balances.update(work().parts.address, equity)
        reports.balance(work(), report)
        if report.outcome is BalanceOutcome.SUSPECT and suspected is None:
            update_balance.apply_async((str(report.equity),), countdown=CONFIRM_SECS)
        work().relay()

    @app.task(name="relay-outbox", **_OPTIONS)
    def relay_outbox() -> None:
        work().relay()


def _register_care(app: Celery, work: Callable[[], Work]) -> None:
    @app.task(name="check-exchange-health", **_OPTIONS)
    def check_exchange_health() -> None:
        work().check_exchange()

    @app.task(name="refresh-catalogue", **_OPTIONS)
    def refresh_catalogue() -> None:
        reports.catalogue(work(), work().refresh_catalogue())

    @app.task(name=CANARY, **_OPTIONS)
    def canary() -> None:
        """That it was consumed is all: each consumed task beats on the board."""
        work().count("canaries")
