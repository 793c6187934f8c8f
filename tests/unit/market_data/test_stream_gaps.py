"""Which minutes an outage may have spoiled (W9)."""

from threet.market_data.stream_gaps import NEVER_ASKED_MS, affected_minutes
from threet.model.candles import Timeframe
from threet.model.topics import Channel, Topic
from threet.ports.market_feed import StreamGap

MINUTE = 60_000
START_MS = 1_767_225_600_000


def gap(since_ms: int, until_ms: int) -> StreamGap:
    topics = [
        Topic(channel, symbol, Timeframe.M1 if channel is Channel.CANDLE else None)
        for symbol in ("BTC", "NEW")
        for channel in (Channel.CANDLE, Channel.TRADES)
    ]
    return StreamGap(topics=topics, since_ms=since_ms, until_ms=until_ms)


def test_w9_both_cut_minutes_and_those_between_are_to_be_fetched() -> None:
    lost = gap(START_MS + 59_000, START_MS + 2 * MINUTE + 1)
    (one,) = affected_minutes([lost], {"BTC"})
    assert (one.symbol, one.timeframe) == ("BTC", Timeframe.M1)
    assert (one.start_ms, one.end_ms) == (START_MS, START_MS + 3 * MINUTE)
    assert one.asked_ms == NEVER_ASKED_MS


def test_several_outages_of_one_minute_are_one_gap() -> None:
    gaps = [gap(START_MS, START_MS + 1), gap(START_MS + 2, START_MS + MINUTE)]
    (one,) = affected_minutes(gaps, {"BTC"})
    assert (one.start_ms, one.end_ms) == (START_MS, START_MS + 2 * MINUTE)


def test_f47_no_more_is_asked_for_than_the_exchange_keeps() -> None:
    (one,) = affected_minutes([gap(START_MS - 10**10, START_MS)], {"BTC"})
    assert one.end_ms - one.start_ms == 5000 * MINUTE
