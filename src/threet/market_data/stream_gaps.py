"""What a gap in the streams means for candles: minutes to be fetched, none invented."""

from collections.abc import Collection, Sequence

from threet.model.candles import Timeframe
from threet.model.topics import Channel
from threet.ports.gap_store import CandleGap
from threet.ports.market_feed import StreamGap

NEVER_ASKED_MS = 0
# The exchange keeps no more (HYPERLIQUID.md 2.1).
_MOST_BARS = 5000


def affected_minutes(
    gaps: Sequence[StreamGap], kept: Collection[str]
) -> Sequence[CandleGap]:
    """The minutes of each kept symbol in which trades may have gone unheard.

    From the minute of the last frame to that of the first one after, both included:
    nothing says that they are missing, only that nobody saw them whole.
    """
    found: dict[tuple[str, int], CandleGap] = {}
    for gap in gaps:
        if gap.since_ms is None:
            continue
        for topic in gap.topics:
            if topic.channel is Channel.CANDLE and topic.subject in kept:
                one = _minutes(topic.subject, gap.since_ms, gap.until_ms)
                known = found.get((one.symbol, one.start_ms))
                if known is None or known.end_ms < one.end_ms:
                    found[one.symbol, one.start_ms] = one
    return tuple(found.values())


def _minutes(symbol: str, since_ms: int, until_ms: int) -> CandleGap:
    minute = Timeframe.M1.millis
    end_ms = Timeframe.M1.open_of(until_ms) + minute
    start_ms = max(Timeframe.M1.open_of(since_ms), end_ms - _MOST_BARS * minute)
    return CandleGap(
        symbol=symbol,
        timeframe=Timeframe.M1,
        start_ms=start_ms,
        end_ms=end_ms,
        found_ms=until_ms,
        asked_ms=NEVER_ASKED_MS,
    )
