"""Fetching candles: what is due is claimed, asked for, stored, and then remembered."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from threet.market_data.answers import confirmed_ms, holes, settled
from threet.market_data.gap_pauses import FIRST_PAUSE_MS
from threet.market_data.schedule import Need, due, need, overdue_ms, pause_secs
from threet.model.candles import Candle, Timeframe
from threet.model.errors import (
    DependencyError,
    ExchangeError,
    InvalidValueError,
    RateLimitedError,
    RefusedByExchangeError,
    UnknownSymbolError,
)
from threet.ports.candle_store import CandleStore
from threet.ports.clock import Clock
from threet.ports.exchange import ExchangeReader
from threet.ports.fetch_state import FetchMemory, FetchSlots, RateBudget
from threet.ports.gap_store import CandleGap, GapStore
from threet.ports.product_store import ProductStore

# A queued fetch is worthless after that: the next schedule asks for more.
QUEUED_SECS = 30.0
# Longer than a fetch may run (the task's time limit), so no claim lapses under it.
RUNNING_SECS = 90.0
# What one pass of the schedule queues: enough for a first start, few enough that the
# order of what is due is kept.
_MOST_WEIGHT_QUEUED = 600
# Candles can wait; the account, the page and whatever comes cannot. Of a platform that
# trades even less can: what a first fill of candles uses up is gone for a minute.
KEPT_FOR_OTHERS = 120
_HUNDREDTHS_KEPT_FOR_TRADING = 40
_REFUSED_PAUSE_SECS = 600.0
_FAILED_PAUSE_SECS = 15.0


def kept_for_trading(weight_per_minute: int) -> int:
    """What candles leave of a minute where strategies trade."""
    share = weight_per_minute * _HUNDREDTHS_KEPT_FOR_TRADING // 100
    return max(KEPT_FOR_OTHERS, share)


class Outcome(Enum):
    FETCHED = "fetched"
    NOT_DUE = "not due"
    BUSY = "another one fetches it"
    NO_SLOT = "no free slot"
    NO_BUDGET = "no request weight left"
    REFUSED = "refused"  # unknown to the exchange, or not kept
    FAILED = "failed"  # the exchange gave no usable answer


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchReport:
    """What became of one fetch; ``again_secs`` is how long nobody tries again."""

    symbol: str
    timeframe: Timeframe
    outcome: Outcome
    rows: int = 0
    holes: int = 0
    reason: str = ""
    again_secs: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchParts:
    """``kept_for_others`` is the weight of a minute that candles leave."""

    clock: Clock
    products: ProductStore
    candles: CandleStore
    gaps: GapStore
    memory: FetchMemory
    slots: FetchSlots
    budget: RateBudget
    exchange: ExchangeReader
    timeframes: Sequence[Timeframe]
    hot_candles: int
    kept_for_others: int = KEPT_FOR_OTHERS


class Fetching:
    """Raises ``DependencyError`` and nothing else; whatever was claimed is given back,
    or lapses when Redis is the one that is down."""

    def __init__(self, parts: FetchParts) -> None:
        self._parts = parts

    def claim_due(self) -> Sequence[Need]:
        """Claim for the caller to queue what is due and the budget soon serves.

        The caller must see to it that a queued fetch expires in ``QUEUED_SECS``.
        """
        parts = self._parts
        kept = [one.symbol for one in parts.products.products() if not one.is_delisted]
        pairs = [(symbol, frame) for frame in parts.timeframes for symbol in kept]
        needs = due(
            pairs,
            parts.memory.newest_closed_of(pairs),
            now_ms=parts.clock.now_ms(),
            hot_candles=parts.hot_candles,
        )
        claimed: list[Need] = []
        weight = 0
        for one in needs:
            if weight >= _MOST_WEIGHT_QUEUED:
                break
            if parts.memory.claim(one.symbol, one.timeframe, QUEUED_SECS):
                claimed.append(one)
                weight += one.weight
        return claimed

    def fetch(self, symbol: str, timeframe: Timeframe) -> FetchReport:
        """Once, however often and at once it is called for the same bars."""
        memory = self._parts.memory
        if not memory.begin(symbol, timeframe, RUNNING_SECS):
            return _report(symbol, timeframe, Outcome.BUSY)
        pause = 0.0
        try:
            report = self._begun(symbol, timeframe)
            pause = report.again_secs
        finally:
            with suppress(DependencyError):
                memory.release(symbol, timeframe, pause)
        return report

    def _begun(self, symbol: str, timeframe: Timeframe) -> FetchReport:
        wanted = need(
            (symbol, timeframe),
            self._parts.memory.newest_closed_ms(symbol, timeframe),
            now_ms=self._parts.clock.now_ms(),
            hot_candles=self._parts.hot_candles,
        )
        if wanted is None:
            return _report(symbol, timeframe, Outcome.NOT_DUE)
        try:
            return self._asked(wanted)
        except (UnknownSymbolError, RefusedByExchangeError) as error:
            return _failed(wanted, Outcome.REFUSED, error, _REFUSED_PAUSE_SECS)
        except RateLimitedError as error:
            return _failed(wanted, Outcome.FAILED, error, error.retry_after_secs)
        except (ExchangeError, InvalidValueError) as error:
            return _failed(wanted, Outcome.FAILED, error, _FAILED_PAUSE_SECS)

    def _asked(self, wanted: Need) -> FetchReport:
        parts, symbol, timeframe = self._parts, wanted.symbol, wanted.timeframe
        with parts.slots.slot() as is_free:
            if not is_free:
                return _report(symbol, timeframe, Outcome.NO_SLOT)
            if wait := parts.budget.take(wanted.weight, keep=parts.kept_for_others):
                return _report(symbol, timeframe, Outcome.NO_BUDGET, again_secs=wait)
            answer = parts.exchange.candles(
                symbol, timeframe, wanted.start_ms, wanted.end_ms
            )
        return self._stored(wanted, settled(answer, wanted.end_ms))

    def _stored(self, wanted: Need, bars: Sequence[Candle]) -> FetchReport:
        parts, symbol, timeframe = self._parts, wanted.symbol, wanted.timeframe
        found = holes(bars, timeframe, wanted.expected_ms)
        if found:
            parts.gaps.note(
                [
                    CandleGap(
                        symbol=symbol,
                        timeframe=timeframe,
                        start_ms=hole.start_ms,
                        end_ms=hole.end_ms,
                        found_ms=wanted.end_ms,
                        asked_ms=wanted.end_ms,
                        due_ms=wanted.end_ms + FIRST_PAUSE_MS,
                    )
                    for hole in found
                ]
            )
        # After its holes are noted: what is stored may not be looked at again.
        rows = parts.candles.save(bars)
        newest_ms = confirmed_ms(bars)
        if newest_ms is not None:
            # Only now that it is committed: a kill before this line fetches it again.
            parts.memory.remember(symbol, timeframe, newest_ms)
        return FetchReport(
            symbol=symbol,
            timeframe=timeframe,
            outcome=Outcome.FETCHED,
            rows=rows,
            holes=len(found),
            again_secs=_pause(wanted, newest_ms),
        )


def _pause(wanted: Need, newest_ms: int | None) -> float:
    """None at all, unless a bar that is due already was not there or is unconfirmed."""
    if newest_ms is None:
        newest_ms = wanted.start_ms - wanted.timeframe.millis
    late_ms = overdue_ms(wanted.timeframe, newest_ms, wanted.end_ms)
    return pause_secs(wanted.timeframe, late_ms) if late_ms >= 0 else 0.0


def _report(
    symbol: str, timeframe: Timeframe, outcome: Outcome, again_secs: float = 0.0
) -> FetchReport:
    return FetchReport(
        symbol=symbol, timeframe=timeframe, outcome=outcome, again_secs=again_secs
    )


def _failed(
    wanted: Need, outcome: Outcome, error: Exception, again_secs: float
) -> FetchReport:
    return FetchReport(
        symbol=wanted.symbol,
        timeframe=wanted.timeframe,
        outcome=outcome,
        reason=str(error),
        again_secs=again_secs,
    )
