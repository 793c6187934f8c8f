"""A backfill under way: one request after the other, as the budget allows."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from threet.market_data.answers import holes_between, settled
from threet.market_data.backfill import Span, least_weight, part_for, spans
from threet.market_data.gap_pauses import first_due_ms
from threet.market_data.schedule import Pair
from threet.model.candles import Candle
from threet.model.errors import (
    ExchangeError,
    InvalidValueError,
    RateLimitedError,
    RefusedByExchangeError,
    UnknownSymbolError,
)
from threet.ports.backfill_store import BackfillStore, Held
from threet.ports.candle_store import CandleStore
from threet.ports.clock import Clock
from threet.ports.exchange import ExchangeReader
from threet.ports.fetch_state import FetchSlots, RateBudget
from threet.ports.gap_store import CandleGap, GapStore

# What is left of a minute's budget is used for a part of a pair, if it is worth the 20
# that another request costs, and would be long in coming back whole.
_PART_WEIGHTS = range(100, 40, -4)
_PARTED_FROM_SECS = 10.0
_SLOT_PAUSE_SECS = 0.5
_FAILED_PAUSE_SECS = 5.0
_MOST_FAILURES = 5  # of a pair, in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillParts:
    clock: Clock
    candles: CandleStore
    gaps: GapStore
    backfills: BackfillStore
    slots: FetchSlots
    budget: RateBudget
    exchange: ExchangeReader


@dataclass(slots=True)
class Progress:
    """``pairs`` to go at the start; ``weight_left`` is the least that is left."""

    pairs: int = 0
    done: int = 0
    bars: int = 0  # rows that changed
    requests: int = 0
    weight: int = 0
    weight_left: int = 0
    rate_limited: int = 0
    failed: dict[Pair, str] = field(default_factory=dict)


class Backfilling:
    """Whatever is stored and noted stays so: one that is killed goes on where it was.

    ``reserve`` is the weight of each minute that is left for others. Raises
    ``DependencyError``; then `step` may be called again.
    """

    def __init__(
        self, parts: BackfillParts, pairs: Sequence[Pair], *, reserve: int
    ) -> None:
        self._parts = parts
        self._reserve = reserve
        self._wanted: dict[Pair, Sequence[Span]] = {}
        self._brought_up: set[Pair] = set()
        for pair in pairs:
            if found := self._spans(pair):
                self._wanted[pair] = found
        self._queue = deque(self._wanted)
        self._failures = 0
        self._is_parted = False
        self.progress = Progress(
            pairs=len(self._queue), weight_left=self._least_weight_left()
        )

    @property
    def is_done(self) -> bool:
        return not self._queue

    def step(self) -> float:
        """Ask once, if that may be; returns the seconds to wait before the next."""
        pair = self._queue[0]
        found = self._spans(pair)
        self._wanted[pair] = found
        if not found:
            self._leave(pair)
            return 0.0
        with self._parts.slots.slot() as is_free:
            if not is_free:
                return _SLOT_PAUSE_SECS
            span, wait = self._affordable(found[0])
            return wait if span is None else self._ask(pair, span)

    def _spans(self, pair: Pair) -> Sequence[Span]:
        held = self._parts.backfills.held(*pair)
        found = spans(*pair, held, self._parts.clock.now_ms())
        # Once: a pair without trades has no newer bar to bring.
        is_up = pair in self._brought_up
        return [one for one in found if one.since_ms is not None or not is_up]

    def _affordable(self, span: Span) -> tuple[Span | None, float]:
        """The span or a part of it, its weight taken; else how long to wait."""
        wait = self._take(span)
        if not wait:
            return span, 0.0
        if wait < _PARTED_FROM_SECS or self._is_parted:
            return None, wait
        for weight in _PART_WEIGHTS:
            part = part_for(span, weight) if weight < span.weight else None
            if part is not None and not self._take(part):
                self._is_parted = True
                return part, 0.0
        return None, wait

    def _take(self, span: Span) -> float:
        return self._parts.budget.take(span.weight, keep=self._reserve)

    def _ask(self, pair: Pair, span: Span) -> float:
        self.progress.requests += 1
        self.progress.weight += span.weight
        try:
            answer = self._parts.exchange.candles(
                span.symbol, span.timeframe, span.start_ms, span.end_ms
            )
            self._store(span, settled(answer, self._parts.clock.now_ms()))
        except (UnknownSymbolError, RefusedByExchangeError) as error:
            return self._fail(pair, error)
        except RateLimitedError as error:
            self.progress.rate_limited += 1
            secs = max(error.retry_after_secs, 1.0)
            self._parts.budget.pause(secs)
            return secs
        except (ExchangeError, InvalidValueError) as error:
            self._failures += 1
            if self._failures >= _MOST_FAILURES:
                return self._fail(pair, error)
            return _FAILED_PAUSE_SECS * self._failures
        self._failures = 0
        self._settle(pair)
        return 0.0

    def _settle(self, pair: Pair) -> None:
        """After an answer is stored: is the pair whole, and what is left of all."""
        found = self._spans(pair)
        self._wanted[pair] = found
        if not found:
            self._leave(pair)
        self.progress.weight_left = self._least_weight_left()

    def _store(self, span: Span, bars: Sequence[Candle]) -> None:
        parts = self._parts
        before = parts.backfills.held(span.symbol, span.timeframe)
        # First: what is stored is not asked for again, so its holes would stay unknown.
        if found := _gaps(span, bars, before, parts.clock.now_ms()):
            parts.gaps.note(found)
        self.progress.bars += parts.candles.save(bars)
        if before.newest_ms is None or span.end_ms > before.newest_ms:
            self._brought_up.add((span.symbol, span.timeframe))
        if span.since_ms is not None:
            # The last: a kill before this line asks for the same again.
            parts.backfills.filled_since(span.symbol, span.timeframe, span.since_ms)

    def _fail(self, pair: Pair, error: Exception) -> float:
        self.progress.failed[pair] = str(error)
        self._leave(pair)
        return 0.0

    def _leave(self, pair: Pair) -> None:
        self._queue.popleft()
        self._wanted[pair] = ()
        self._failures = 0
        self._is_parted = False
        self.progress.done += 1

    def _least_weight_left(self) -> int:
        return sum(least_weight(self._wanted[pair]) for pair in self._queue)


def _gaps(
    span: Span, bars: Sequence[Candle], before: Held, now_ms: int
) -> Sequence[CandleGap]:
    """Holes inside the answer, and up to the bars that were held after it.

    Before the first bar there is none: who knows whether it was listed.
    """
    opens = [bar.open_ms for bar in bars]
    if span.since_ms is not None and before.oldest_ms is not None and bars:
        opens.append(before.oldest_ms)
    return [
        CandleGap(
            symbol=span.symbol,
            timeframe=span.timeframe,
            start_ms=hole.start_ms,
            end_ms=hole.end_ms,
            found_ms=now_ms,
            asked_ms=now_ms,
            due_ms=first_due_ms(hole.end_ms, now_ms),
        )
        for hole in holes_between(opens, span.timeframe, span.expected_ms)
    ]
