"""What the tasks of one process work with, built when the first of them runs."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping

import structlog

from threet.accounts.news import relay
from threet.accounts.updating import BalanceUpdating
from threet.bootstrap import WorkerParts
from threet.market_data.catalogue import CatalogueReport, refresh
from threet.market_data.fetching import Fetching, FetchParts
from threet.market_data.gap_repair import GapRepair
from threet.model.errors import DependencyError, ExchangeError
from threet.ports.rate_budget import Priority

_log = structlog.get_logger(__name__)

# Well below the silence after which a process is taken for dead.
_BEAT_EVERY_SECS = 2.0
_SKEW_ALARM_MS = 1_000
_STATUS_WEIGHT = 2


class Work:
    """The use cases on the parts of this process, and its figures."""

    def __init__(self, parts: WorkerParts) -> None:
        self.parts = parts
        fetch_parts = FetchParts(
            clock=parts.clock,
            products=parts.products,
            candles=parts.candles,
            gaps=parts.gaps,
            memory=parts.fetch_memory,
            slots=parts.fetch_slots,
            budget=parts.budget,
            exchange=parts.exchange,
            timeframes=parts.timeframes,
            hot_candles=parts.hot_candles,
            kept_for_others=parts.kept_for_others,
        )
        self.fetching = Fetching(fetch_parts)
        self.gap_repair = GapRepair(fetch_parts, parts.publish)
        self.balances = BalanceUpdating(
            clock=parts.clock,
            exchange=parts.exchange,
            accounts=parts.accounts,
            budget=parts.budget,
            weight=parts.weights.account,
        )
        self._figures: Counter[str] = Counter()
        self._beaten_at = float("-inf")
        self._lock = threading.Lock()

    def count(self, figure: str, by: int = 1) -> None:
        with self._lock:
            self._figures[figure] += by

    def relay(self) -> int:
        published = relay(self.parts.outbox, self.parts.publish)
        self.count("news_published", published)
        return published

    def rewarm(self) -> int:
        rows = self.parts.candles.rewarm()
        self.parts.candles.trim()
        self.count("rewarmed", rows)
        return rows

    def refresh_catalogue(self) -> CatalogueReport:
        return refresh(
            products=self.parts.products,
            exchange=self.parts.exchange,
            budget=self.parts.budget,
            wished=self.parts.wished_products,
            weight=self.parts.weights.catalogue,
        )

    def check_exchange(self) -> None:
        """Asks the exchange itself, never a cache; says so when its clock is off."""
        clock = self.parts.clock
        if self.parts.budget.take(_STATUS_WEIGHT, priority=Priority.ACCOUNT):
            return  # whoever used the budget up has just been answered
        before_ms = clock.now_ms()
        try:
            server_ms = self.parts.exchange.server_ms()
        except ExchangeError as error:
            self.count("exchange_failures")
            _log.warning("exchange_unhealthy", reason=str(error))
            return
        skew_ms = server_ms - (before_ms + clock.now_ms()) // 2
        log = _log.warning if abs(skew_ms) > _SKEW_ALARM_MS else _log.info
        log("exchange_healthy", clock_skew_ms=skew_ms)
        self._note_address_use()

    def _note_address_use(self) -> None:
        """How many actions the account has left, for the forecast of its budget."""
        parts = self.parts
        if parts.address is None or not (parts.address_use and parts.address_ledger):
            return
        try:
            parts.address_ledger.note(parts.address, parts.address_use(parts.address))
        except (DependencyError, ExchangeError) as error:
            _log.warning("address_use_unknown", reason=str(error))

    def beat(self) -> None:
        """Say that tasks are being consumed; not more often than every other second."""
        now = self.parts.clock.monotonic()
        with self._lock:
            if now - self._beaten_at < _BEAT_EVERY_SECS:
                return
            self._beaten_at = now
            counted = dict(self._figures)
        figures: Mapping[str, int | float | str]
        figures = {**counted, **self.parts.access_figures()}
        try:
            self.parts.beat(figures)
        except DependencyError as error:
            _log.warning("beat_failed", reason=error.reason)


class WorkOfThisProcess:
    """Makes ``Work`` once in each process: connections do not survive a fork."""

    def __init__(self, parts: Callable[[], WorkerParts]) -> None:
        self._parts = parts
        self._made: tuple[int, Work] | None = None
        self._lock = threading.Lock()

    def __call__(self) -> Work:
        with self._lock:
            if self._made is None or self._made[0] != os.getpid():
                self._made = (os.getpid(), Work(self._parts()))
            return self._made[1]
