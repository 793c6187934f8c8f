"""What is stored of a pair, looked over: bars, holes, and what cannot be right."""

from collections.abc import Sequence
from dataclasses import dataclass

from threet.market_data.answers import ALONE_MS, Hole, holes_between
from threet.market_data.gap_pauses import oldest_kept_ms
from threet.market_data.schedule import Pair
from threet.model.candles import Timeframe
from threet.ports.gap_store import CandleGap


@dataclass(frozen=True, slots=True, kw_only=True)
class PairAudit:
    """Instants are open times in UTC milliseconds, None where nothing is stored.

    ``known_holes`` are runs of missing bars that the gap ledger explains bar by bar;
    ``unknown_holes`` those that it does not.
    """

    symbol: str
    timeframe: str
    bars: int
    first_ms: int | None
    last_ms: int | None
    oldest_possible_ms: int
    known_holes: int
    missing_bars: int
    given_up: int
    duplicates: int
    misplaced: int  # bars that do not start where one of the timeframe starts
    early: int  # closed bars that are not over
    unknown_holes: Sequence[Hole] = ()

    @property
    def is_consistent(self) -> bool:
        return not (
            self.unknown_holes or self.duplicates or self.misplaced or self.early
        )


def audit(
    pair: Pair, opens: Sequence[int], gaps: Sequence[CandleGap], now_ms: int
) -> PairAudit:
    """``opens`` are the open times of all closed bars that are stored of the pair."""
    symbol, timeframe = pair
    step = timeframe.millis
    found = holes_between(opens, timeframe)
    told = {at for gap in gaps for at in range(gap.start_ms, gap.end_ms, step)}
    unknown = [hole for hole in found if not told.issuperset(_bars_of(hole, step))]
    return PairAudit(
        symbol=symbol,
        timeframe=timeframe.value,
        bars=len(opens),
        first_ms=min(opens, default=None),
        last_ms=max(opens, default=None),
        oldest_possible_ms=oldest_kept_ms(timeframe, now_ms),
        known_holes=len(found) - len(unknown),
        missing_bars=sum(len(_bars_of(hole, step)) for hole in found),
        given_up=sum(gap.given_up for gap in gaps),
        duplicates=len(opens) - len(set(opens)),
        misplaced=sum(at % step != 0 for at in opens),
        early=sum(at + step > now_ms + ALONE_MS for at in opens),
        unknown_holes=unknown,
    )


def gaps_of(one: PairAudit, now_ms: int) -> Sequence[CandleGap]:
    """The unknown holes as gaps that nobody has asked for: repair asks at once."""
    return [
        CandleGap(
            symbol=one.symbol,
            timeframe=Timeframe(one.timeframe),
            start_ms=hole.start_ms,
            end_ms=hole.end_ms,
            found_ms=now_ms,
            asked_ms=0,
        )
        for hole in one.unknown_holes
    ]


def _bars_of(hole: Hole, step: int) -> range:
    return range(hole.start_ms, hole.end_ms, step)
