"""Faults of hlsim against the feed: each is noticed, mended and told (W1-W6)."""

import asyncio
from collections import Counter

import pytest

from hlsim.faults.kinds import (
    Close,
    Duplicate,
    HalfOpen,
    MalformedFrame,
    NeverFirst,
    RefuseConnection,
    Reorder,
    Silence,
    SnapshotAgain,
    Stale,
)
from tests.integration.hyperliquid.supervised import (
    INTERESTS,
    NO_LIMITS,
    SYMBOLS,
    Supervised,
    is_complete,
    supervised,
)
from tests.polling import until
from threet.adapters.hyperliquid.rest import HyperliquidReader
from threet.model.candles import Timeframe
from threet.model.events import BookUpdated, PricesUpdated
from threet.model.prices import PriceKind
from threet.model.topics import Channel
from threet.ports.market_feed import Interests

WANTED = 1 + 1 + 4 * len(SYMBOLS)


async def passes(it: Supervised, secs: float) -> None:
    """So much time of the exchange has passed."""
    end = it.clock.monotonic() + secs
    await until(lambda: it.clock.monotonic() >= end)


def has_missed_trades(it: Supervised, symbol: str) -> bool:
    exchange = it.server.exchange
    newest = exchange.market.recent_trades(exchange.asset(symbol))[-1]
    return newest.time_ms > max(one.trade_ms for one in it.trades(symbol))


async def quoted_after_reconnect(it: Supervised, number: int) -> None:
    await until(lambda: it.figures.reconnects == number)
    since = len(it.events)
    await until(lambda: it.spoke("BTC", PriceKind.BID, since))


@pytest.mark.parametrize(
    "fault", [Close(code=1000), Close(code=1006 + 5), Close(reset=True)], ids=repr
)
async def test_w1_f1_f3_f4_after_any_end_every_subscription_is_acknowledged_again(
    fault: Close,
) -> None:
    async with supervised() as it:
        await it.complete()
        assert it.figures.acknowledged == WANTED
        before_ms = it.server_ms
        it.inject(fault)
        await until(lambda: it.figures.reconnects == 1)
        since = len(it.events)
        await it.complete()
        await until(lambda: it.spoke("BTC", PriceKind.BID, since))
        assert it.figures.acknowledged == WANTED
        await until(lambda: bool(it.outages))
        (gap,) = it.outages
        assert len(gap.topics) == WANTED
        assert before_ms - 2000 <= (gap.since_ms or 0) <= gap.until_ms


async def test_w1_a_server_that_refuses_is_asked_until_it_opens() -> None:
    async with supervised(RefuseConnection(nth=1, count=3)) as it:
        await it.complete()
        assert it.figures.losses == "handshake 3"


async def test_w2_f5_a_half_open_connection_is_noticed_within_15_s() -> None:
    # Up to a second of the wall goes by until the socket is cut: 5 s of this clock.
    async with supervised(speed=5) as it:
        await it.complete()
        since = it.clock.monotonic()
        it.inject(HalfOpen())
        await until(lambda: "half_open" in it.figures.losses)
        assert it.clock.monotonic() - since <= 15 + 5
        before = len(it.events)
        await it.complete()
        await until(lambda: it.spoke("BTC", PriceKind.BID, before))


async def test_w3_f2_a_silent_symbol_on_a_live_socket_is_told_and_mended() -> None:
    interests = Interests(symbols=SYMBOLS)
    async with supervised(interests=interests) as it:
        await it.complete()
        await passes(it, 20)  # the rhythm is learned
        fault = it.inject(Silence(channels=("bbo", "activeAssetCtx"), coins=("BTC",)))
        await until(lambda: it.figures.stale_symbols >= 1)
        before = len(it.events)
        it.lift(fault)
        await until(lambda: it.figures.recovered >= 1)
        await until(lambda: it.spoke("BTC", PriceKind.BID, before))


async def test_w3_f4_a_silent_channel_of_all_symbols_ends_in_a_new_connection() -> None:
    async with supervised() as it:
        await it.complete()
        fault = it.inject(Silence(channels=("allMids",)))
        await until(lambda: "subscription 1" in it.figures.losses)
        assert it.figures.stale_symbols >= 1
        it.lift(fault)
        await it.complete()


async def test_w4_f4_a_subscription_without_first_message_is_made_anew() -> None:
    fault = NeverFirst(channels=("bbo",), coins=("ETH",), count=1)
    async with supervised(fault) as it:
        await until(lambda: bool(it.prices("ETH", PriceKind.BID)))
        await it.complete()
        assert it.figures.resubscribed >= 1
        assert it.figures.recovered >= 1
        assert it.figures.reconnects == 0


async def test_w4_if_that_does_not_help_the_connection_is_made_anew() -> None:
    fault = NeverFirst(channels=("bbo",), coins=("ETH",), count=2)
    async with supervised(fault) as it:
        await until(lambda: it.figures.reconnects == 1)
        await it.complete()
        assert it.figures.losses == "subscription 1"


async def test_w5_snapshots_again_and_duplicates_print_each_trade_once() -> None:
    faults = (
        Duplicate(rate=0.5, times=3),
        Stale(channels=("trades",), rate=0.5, back=2),
        Reorder(channels=("trades",), rate=0.3, by=2),
    )
    async with supervised(*faults) as it:
        await it.complete()
        await until(lambda: len(it.trades("BTC")) > 30)
        it.inject(SnapshotAgain())
        it.inject(Close())
        await until(lambda: it.figures.reconnects == 1)
        await it.complete()
        await until(lambda: it.figures.duplicates > 30)
        for symbol in SYMBOLS:
            keys = Counter((one.trade_ms, one.trade_id) for one in it.trades(symbol))
            assert max(keys.values(), default=1) == 1


async def test_w5_late_quotes_and_books_never_move_prices_backwards() -> None:
    faults = (
        Stale(channels=("bbo", "l2Book"), rate=0.3, back=2),
        Reorder(channels=("bbo", "l2Book"), rate=0.3, by=1),
    )
    async with supervised(*faults) as it:
        await until(lambda: it.figures.late > 30)
        books = [one.event_ms or 0 for one in it.events if isinstance(one, BookUpdated)]
        assert books == sorted(books)
        for symbol in SYMBOLS:
            quotes = quote_times(it, symbol)
            assert quotes == sorted(quotes)
        assert it.figures.reconnects == 0


def quote_times(it: Supervised, symbol: str) -> list[int]:
    return [
        event.event_ms
        for event in it.events
        if isinstance(event, PricesUpdated) and event.event_ms is not None
        if any(change.symbol == symbol for change in event.changes)
    ]


@pytest.mark.parametrize("how", ["cut", "empty", "nan", "negative", "overflow", "deep"])
async def test_w6_malformed_frames_are_counted_and_the_stream_lives(how: str) -> None:
    fault = MalformedFrame(channels=("bbo", "trades"), how=how, rate=0.3)  # type: ignore[arg-type]
    # Slower than elsewhere: a pause of a busy machine is no half-open connection.
    async with supervised(fault, speed=3) as it:
        await until(lambda: it.figures.refused_frames >= 5)
        before = len(it.events)
        await until(lambda: it.spoke("BTC", PriceKind.BID, before))
        assert it.figures.reconnects == 0


async def test_w6_a_frame_of_64_mb_ends_the_connection_and_the_feed_comes_back() -> (
    None
):
    async with supervised() as it:
        await it.complete()
        it.inject(MalformedFrame(channels=("bbo",), how="huge", nth=1))
        await until(lambda: "frame 1" in it.figures.losses)
        await it.complete()
        assert it.figures.refused_frames == 1


async def test_the_loss_of_one_connection_does_not_touch_the_others() -> None:
    async with supervised(shards=3) as it:
        await it.complete()
        await until(lambda: it.figures.connections == 3)
        it.inject(Close(channels=("l2Book",), coins=("BTC",)))
        await until(lambda: it.figures.reconnects == 1)
        assert it.figures.connections >= 2
        await it.complete()
        assert it.figures.reconnects == 1
        await until(lambda: bool(it.outages))
        (gap,) = it.outages
        assert 0 < len(gap.topics) < WANTED


async def test_f6_trades_missed_during_an_outage_are_asked_for_and_printed_once() -> (
    None
):
    # So few trades, so slowly, that a busy machine's pauses are short beside the 30
    # that the exchange tells again, and beside the silence of 10 s that the feed mends.
    async with supervised(speed=4, rate=12) as it:
        await it.complete()
        await until(lambda: bool(it.trades("BTC")))
        # What is repeated after the outage stays out: only asking closes the gap.
        silence = it.inject(Silence(channels=("trades",)))
        it.inject(Close())
        await until(lambda: it.figures.reconnects == 1)
        await until(lambda: it.figures.acknowledged == it.figures.subscriptions > 0)
        await until(lambda: has_missed_trades(it, "BTC"))
        it.lift(silence)
        await until(lambda: "BTC" in it.feed.trade_gaps())
        reader = HyperliquidReader(url=it.server.url, clock=it.clock, timeout_secs=30)
        told = await asyncio.to_thread(reader.recent_trades, "BTC")
        reader.close()
        it.feed.recovered("BTC", told)
        assert it.feed.trade_gaps().count("BTC") == 0
        assert it.figures.trade_gaps_unclosed == 0
        printed = Counter(one.trade_id for one in it.trades("BTC"))
        assert max(printed.values()) == 1
        assert {one.trade_id for one in told} <= printed.keys()


async def test_f4_a_loss_of_all_connections_at_once_is_mended_within_the_limits() -> (
    None
):
    interests = Interests(
        symbols=[f"S{number}" for number in range(2)] + list(SYMBOLS),
        candles=(Timeframe.M1,),
    )
    async with supervised(interests=interests, shards=4) as it:
        await until(lambda: it.figures.connections == 4)
        it.inject(Close(reset=True))
        await until(lambda: it.figures.reconnects >= 4)
        await until(lambda: it.figures.connections == 4)


async def test_f8_an_unknown_symbol_is_told_and_not_waited_for_in_silence() -> None:
    interests = Interests(symbols=("BTC", "GONE"))
    async with supervised(interests=interests) as it:
        await until(lambda: it.figures.server_errors >= 3)
        assert it.figures.stale_symbols == 1
        assert it.figures.silent == 3
        await until(lambda: bool(it.prices("BTC", PriceKind.BID)))
        assert it.figures.reconnects == 0


async def test_1000_symbols_are_followed_by_leaving_out_the_least_important() -> None:
    symbols = [f"S{number}" for number in range(1000)]
    interests = Interests(symbols=symbols, candles=(Timeframe.M1,), books=("S0",))
    async with supervised(interests=interests, shards=4) as it:
        await until(lambda: it.figures.subscriptions == 1000)
        assert it.figures.left_out == 1 + 1 + 4 * 1000 - 1000


async def test_m1_what_is_followed_no_more_vanishes_and_is_unsubscribed() -> None:
    async with supervised(limits=NO_LIMITS) as it:
        await it.complete()
        await until(lambda: bool(it.prices("ETH", PriceKind.MARK)))
        it.feed.follow(Interests(symbols=("BTC",), delisted=("ETH",)))
        gone = vanished(it)
        kinds = [PriceKind.BID, PriceKind.ASK, PriceKind.MARK, PriceKind.ORACLE]
        assert {("ETH", kind) for kind in (*kinds, PriceKind.MID)} <= gone
        before = len(it.events)
        await until(lambda: it.figures.acknowledged == 1 + 3)
        await passes(it, 5)
        assert it.prices("ETH", PriceKind.MID, before) == []
        it.feed.follow(INTERESTS)
        await until(lambda: it.figures.acknowledged == WANTED)
        await until(lambda: bool(it.prices("ETH", PriceKind.MID, before)))


def vanished(it: Supervised) -> set[tuple[str, PriceKind]]:
    updates = [one for one in it.events if isinstance(one, PricesUpdated)]
    return {key for one in updates for key in one.vanished}


async def test_w9_an_outage_is_not_forgotten_when_the_next_one_follows_at_once() -> (
    None
):
    async with supervised() as it:
        await it.complete()
        await passes(it, 20)
        unanswered = it.inject(Silence(channels=("subscriptionResponse",)))
        again_ms = []
        for number in (1, 2):
            it.inject(Close())
            await quoted_after_reconnect(it, number)
            again_ms.append(it.server_ms)
            await passes(it, 4)
        it.lift(unanswered)
        await until(lambda: bool(it.outages))
        # It began before the first reconnection, not with the second loss.
        since_ms = it.outages[0].since_ms
        assert since_ms is not None
        assert since_ms <= again_ms[0]


async def test_w9_candles_of_a_lost_connection_are_in_the_gap() -> None:
    async with supervised() as it:
        await it.complete()
        it.inject(Close())
        await until(lambda: bool(it.outages))
        (gap,) = it.outages
        candles = [one for one in gap.topics if one.channel is Channel.CANDLE]
        assert {one.subject for one in candles} == set(SYMBOLS)


async def test_a_healthy_exchange_raises_no_alarm() -> None:
    async with supervised(symbols=30) as it:
        await it.complete()
        await passes(it, 60)
        assert is_complete(it.figures)
        assert it.figures.reconnects == 0
        assert it.figures.resubscribed <= 2
