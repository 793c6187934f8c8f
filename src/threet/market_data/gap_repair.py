"""Repairing known gaps: what is due is asked for again, in as few requests as pay."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from threet.market_data.answers import settled
from threet.market_data.fetching import FetchParts
from threet.market_data.gap_pauses import left_of
from threet.market_data.schedule import MOST_BARS
from threet.model.candles import Candle, Timeframe
from threet.model.errors import (
    ExchangeError,
    InvalidValueError,
    RateLimitedError,
    RefusedByExchangeError,
    UnknownSymbolError,
)
from threet.model.events import CandlesClosed, Envelope
from threet.ports.gap_store import CandleGap

_WEIGHT = 20
_BARS_PER_WEIGHT = 60
# Bars between two gaps that cost less than a request of their own.
_NEAR_BARS = _WEIGHT * _BARS_PER_WEIGHT
_MOST_GAPS = 500  # of one pass
_MOST_WEIGHT = 300  # of one pass
# Gaps can wait for what is kept up to date, and that for what is not candles.
_KEPT_FOR_FETCHES = 120
# Whoever died while asking is relieved after that.
_CLAIMED_MS = 45_000
_FAILED_PAUSE_MS = 15_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairReport:
    """What became of one pass; ``reason`` is why it ended early, "" if it did not."""

    requests: int = 0
    rows: int = 0  # bars that a gap was missing
    closed: int = 0  # gaps of which nothing is left
    given_up: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Gaps of one pair that one request asks for."""

    symbol: str
    timeframe: Timeframe
    gaps: Sequence[CandleGap]

    @property
    def start_ms(self) -> int:
        return min(gap.start_ms for gap in self.gaps)

    @property
    def end_ms(self) -> int:
        """The bar after the last gap is asked for, too: it proves the others over."""
        return max(gap.end_ms for gap in self.gaps)

    @property
    def weight(self) -> int:
        bars = (self.end_ms - self.start_ms) // self.timeframe.millis + 1
        return _WEIGHT + math.ceil(min(bars, MOST_BARS) / _BARS_PER_WEIGHT)


def batches(gaps: Sequence[CandleGap]) -> Sequence[Batch]:
    """Neighboring gaps of a pair in one request, wherever that costs less weight; in
    the order of the gaps as given."""
    by_pair: dict[tuple[str, Timeframe], list[CandleGap]] = defaultdict(list)
    for gap in gaps:
        by_pair[gap.symbol, gap.timeframe].append(gap)
    place = {id(gap): number for number, gap in enumerate(gaps)}
    made = [
        Batch(symbol=symbol, timeframe=timeframe, gaps=run)
        for (symbol, timeframe), of_pair in by_pair.items()
        for run in _runs(of_pair, timeframe.millis)
    ]
    return sorted(made, key=lambda one: min(place[id(gap)] for gap in one.gaps))


def _runs(gaps: Sequence[CandleGap], step: int) -> Sequence[Sequence[CandleGap]]:
    runs: list[list[CandleGap]] = []
    for gap in sorted(gaps, key=lambda one: one.start_ms):
        if runs:
            first, last = runs[-1][0], runs[-1][-1]
            is_near = gap.start_ms - last.end_ms < _NEAR_BARS * step
            if is_near and gap.end_ms - first.start_ms < MOST_BARS * step:
                runs[-1].append(gap)
                continue
        runs.append([gap])
    return runs


class GapRepair:
    """May run twice at once: a gap is claimed before it is asked for.

    ``publish`` gets the news of bars that came late. Raises ``DependencyError`` and
    nothing else; what was claimed then is asked for again.
    """

    def __init__(
        self, parts: FetchParts, publish: Callable[[Sequence[Envelope]], None]
    ) -> None:
        self._parts = parts
        self._publish = publish

    def repair(self) -> RepairReport:
        now_ms = self._parts.clock.now_ms()
        due = self._parts.gaps.due(now_ms, _MOST_GAPS)
        report, weight = RepairReport(), 0
        for batch in batches(due):
            if weight + batch.weight > _MOST_WEIGHT and weight:
                return _and(report, RepairReport(reason="enough for one pass"))
            weight += batch.weight
            report = _and(report, self._repaired(batch))
            if report.reason:
                break
        return report

    def _repaired(self, batch: Batch) -> RepairReport:
        parts = self._parts
        with parts.slots.slot() as is_free:
            if not is_free:
                return RepairReport(reason="no free slot")
            now_ms = parts.clock.now_ms()
            mine = parts.gaps.postpone(batch.gaps, now_ms + _CLAIMED_MS)
            if not mine:
                return RepairReport()  # another pass asks for them
            batch = Batch(symbol=batch.symbol, timeframe=batch.timeframe, gaps=mine)
            kept = parts.kept_for_others + _KEPT_FOR_FETCHES
            if parts.budget.take(batch.weight, keep=kept):
                parts.gaps.postpone(mine, now_ms)
                return RepairReport(reason="no request weight left")
            return self._asked(batch, now_ms)

    def _asked(self, batch: Batch, now_ms: int) -> RepairReport:
        try:
            answer = self._parts.exchange.candles(
                batch.symbol, batch.timeframe, batch.start_ms, batch.end_ms
            )
            return self._stored(batch, settled(answer, now_ms), now_ms)
        except (UnknownSymbolError, RefusedByExchangeError):
            # As an answer without bars: the gap waits longer, and at last is given up.
            return self._noted(batch, (), now_ms)
        except RateLimitedError as error:
            pause_ms = int(error.retry_after_secs * 1000)
            return self._put_off(batch, now_ms + pause_ms, error)
        except (ExchangeError, InvalidValueError) as error:
            return self._put_off(batch, now_ms + _FAILED_PAUSE_MS, error)

    def _put_off(self, batch: Batch, due_ms: int, error: Exception) -> RepairReport:
        self._parts.gaps.postpone(batch.gaps, due_ms)
        return RepairReport(requests=1, reason=str(error))

    def _stored(
        self, batch: Batch, bars: Sequence[Candle], now_ms: int
    ) -> RepairReport:
        """Saved, told, and only then noted: a kill in between does it all again."""
        closed = [bar for bar in bars if bar.is_closed]
        self._parts.candles.save(closed)
        late = [
            bar
            for bar in closed
            if any(gap.start_ms <= bar.open_ms < gap.end_ms for gap in batch.gaps)
        ]
        if late:
            self._publish([_news(late, self._parts.clock.now_ns())])
        return self._noted(batch, late, now_ms)

    def _noted(self, batch: Batch, late: Sequence[Candle], now_ms: int) -> RepairReport:
        present = {bar.open_ms for bar in late}
        closed = given_up = 0
        for gap in batch.gaps:
            left = left_of(gap, present, now_ms)
            if self._parts.gaps.replace(gap, left):
                closed += not left
                given_up += sum(one.given_up for one in left)
        return RepairReport(
            requests=1, rows=len(late), closed=closed, given_up=given_up
        )


def _news(late: Sequence[Candle], received_ns: int) -> Envelope:
    """Of the same bars the same id, however often they are told."""
    first, last = late[0], late[-1]
    pair = f"{first.symbol}/{first.timeframe.value}"
    return Envelope(
        event_id=f"repaired/{pair}/{first.open_ms}-{last.open_ms}/{len(late)}",
        event=CandlesClosed(received_ns=received_ns, candles=tuple(late)),
    )


def _and(one: RepairReport, other: RepairReport) -> RepairReport:
    return RepairReport(
        requests=one.requests + other.requests,
        rows=one.rows + other.rows,
        closed=one.closed + other.closed,
        given_up=one.given_up + other.given_up,
        reason=other.reason,
    )
