"""The mirror believes what it hears, once, in time, and no longer than it may."""

import msgspec
import pytest

from hlsim.core.candles import Candle
from hlsim.core.intervals import MINUTE_MS
from hlsim.core.market import Changes, FundingRate
from hlsim.core.universe import Instrument, flat_table
from hlsim.market.mirror import MirrorMarket, Past
from tests.unit.hlsim.market.living import lived

START = 1_760_000_000_000 // MINUTE_MS * MINUTE_MS + 5000
NEXT = START - START % MINUTE_MS + MINUTE_MS
STALE_MS = 10_000


def instrument(name: str, *, is_delisted: bool = False) -> Instrument:
    return Instrument(
        name=name,
        sz_decimals=2,
        max_leverage=10,
        margin_table=flat_table(10),
        is_delisted=is_delisted,
    )


BTC, ETH = instrument("BTC"), instrument("ETH")


@pytest.fixture
def mirror() -> MirrorMarket:
    return MirrorMarket([BTC, ETH], seed=7, start_ms=START, stale_ms=STALE_MS)


def level(px: str) -> dict[str, object]:
    return {"px": px, "sz": "1.5", "n": 2}


def book(time_ms: int, bid: str, ask: str, coin: str = "BTC") -> bytes:
    levels = [[level(bid)], [level(ask)]]
    data = {"coin": coin, "time": time_ms, "levels": levels, "fast": True}
    return msgspec.json.encode({"channel": "l2Book", "data": data})


def best(time_ms: int, bid: str, ask: str) -> bytes:
    data = {"coin": "BTC", "time": time_ms, "bbo": [level(bid), level(ask)]}
    return msgspec.json.encode({"channel": "bbo", "data": data})


def trades(*rows: tuple[int, int], px: str = "100.5") -> bytes:
    """Rows of time and tid."""
    data = [
        {
            "coin": "BTC",
            "side": "B",
            "px": px,
            "sz": "0.5",
            "time": time_ms,
            "hash": "0x1",
            "tid": tid,
            "users": ["0xb", "0xa"],
        }
        for time_ms, tid in rows
    ]
    return msgspec.json.encode({"channel": "trades", "data": data})


def tids(blocks: list[Changes]) -> list[int]:
    return [one.tid for block in blocks for _, done in block.trades for one in done]


def hear(mirror: MirrorMarket, at_ms: int, *frames: bytes) -> list[Changes]:
    for frame in frames:
        mirror.hear(frame, at_ms)
    return lived(mirror, at_ms)


def follow(mirror: MirrorMarket, at_ms: int) -> None:
    topic = {"type": "trades", "coin": "BTC"}
    ack = {"method": "subscribe", "subscription": topic}
    frame = {"channel": "subscriptionResponse", "data": ack}
    mirror.hear(msgspec.json.encode(frame), at_ms)


def test_a_book_keeps_the_time_it_was_made_at(mirror: MirrorMarket) -> None:
    (block,) = hear(mirror, START, book(START - 80, "100", "101"))
    assert block == Changes(START, (0,), ())
    assert mirror.book(0).time_ms == START - 80
    assert mirror.best_px(0) == (1_000_000, 1_010_000)
    assert (mirror.book(0).bids[0].sz, mirror.book(0).bids[0].n) == (150, 2)
    assert mirror.mid_halves(1) is None


def test_best_prices_renew_the_book(mirror: MirrorMarket) -> None:
    hear(mirror, START, book(START - 80, "100", "101"))
    (block,) = hear(mirror, START + 20, best(START - 60, "100.5", "101"))
    assert block.quoted == (0,)
    assert mirror.best_px(0) == (1_005_000, 1_010_000)
    assert hear(mirror, START + 40, best(START - 40, "100.5", "101")) == []


def test_a_trade_counts_once_however_often_it_is_told(mirror: MirrorMarket) -> None:
    frame = trades((START, 1), (START, 2))
    assert tids(hear(mirror, START, frame)) == [1, 2]
    again = hear(mirror, START, frame, trades((START, 2), (START, 3), (START + 1, 4)))
    assert tids(again) == [3, 4]
    assert [one.tid for one in mirror.recent_trades(0)] == [1, 2, 3, 4]
    assert sum(row.n for row in mirror.minutes(0, 0, NEXT)) == 4


def test_a_backlog_is_on_the_tape_but_meets_no_orders(mirror: MirrorMarket) -> None:
    old = START - STALE_MS - 100
    frames = (book(START, "100", "101"), trades((old, 1), (START - 100, 2)))
    blocks = hear(mirror, START, *frames)
    assert tids(blocks) == [2]
    assert [one.tid for one in mirror.recent_trades(0)] == [1, 2]


def test_a_silent_coin_loses_its_book_and_gets_it_back(mirror: MirrorMarket) -> None:
    hear(mirror, START, book(START, "100", "101"))
    assert hear(mirror, START + STALE_MS - 1) == []
    other = book(START + STALE_MS, "7", "8", coin="ETH")
    blocks = hear(mirror, START + STALE_MS, other)
    assert [block.quoted for block in blocks] == [(1,), [0]]
    assert mirror.book(0).best == (None, None)
    assert mirror.best_px(1) != (0, 0)
    assert hear(mirror, START + STALE_MS + 20) == []
    hear(mirror, START + STALE_MS + 40, book(START + STALE_MS, "100", "101"))
    assert mirror.best_px(0) == (1_000_000, 1_010_000)


def test_what_is_no_frame_of_a_listed_coin_changes_nothing(
    mirror: MirrorMarket,
) -> None:
    frames = (
        b"Websocket connection established.",
        b'{"channel":"pong"}',
        book(START, "1", "2", coin="NOPE"),
        book(START, "much", "2"),
        b"\xff\xfe",
    )
    assert hear(mirror, START, *frames) == []


def test_the_tape_does_not_run_backwards(mirror: MirrorMarket) -> None:
    (block,) = hear(mirror, START, trades((NEXT - 10, 1)))
    ((_, (trade,)),) = block.trades
    here = msgspec.structs.replace(trade, time_ms=NEXT + 5, tid=9)
    mirror.printed(0, (here,))  # of a user of ours, by our clock
    hear(mirror, START, trades((NEXT - 5, 2)))
    rows = mirror.minutes(0, 0, NEXT + MINUTE_MS)
    assert [row.t for row in rows] == [NEXT - MINUTE_MS, NEXT]
    assert [row.n for row in rows] == [1, 2]


def candle(t: int, n: int) -> Candle:
    return Candle(t, 1, 1, 1, 1, n, n)


def test_candles_before_all_trades_were_heard_are_fetched(
    mirror: MirrorMarket,
) -> None:
    minute = NEXT - MINUTE_MS
    follow(mirror, START)
    hear(mirror, START, trades((START, 1)))
    assert [row.n for row in mirror.minutes(0, 0, START)] == [1]
    assert mirror.wanted() == [(Past.CANDLES, 0)]
    assert mirror.wanted() == []

    mirror.learn_candles(0, [candle(minute - MINUTE_MS, 5), candle(minute, 3)], START)
    assert [row.n for row in mirror.minutes(0, 0, START)] == [5, 3]
    assert mirror.wanted() == []  # not again in the same minute

    hear(mirror, NEXT + 10, trades((NEXT + 10, 2)))
    rows = mirror.minutes(0, 0, NEXT + 10)
    assert [(row.t, row.n) for row in rows][-1] == (NEXT, 1)
    # The minute in which following began was not over when it was fetched.
    assert mirror.wanted() == [(Past.CANDLES, 0)]
    mirror.learn_candles(0, [candle(minute, 4), candle(NEXT, 99)], NEXT + 10)
    rows = mirror.minutes(0, 0, NEXT + 10)
    assert [(row.t, row.n) for row in rows] == [(minute, 4), (NEXT, 1)]
    assert mirror.wanted() == []


def test_after_a_reconnect_the_gap_is_fetched(mirror: MirrorMarket) -> None:
    follow(mirror, START - MINUTE_MS)
    mirror.learn_candles(0, [], START)
    hear(mirror, START, trades((START, 1)))
    assert mirror.minutes(0, 0, START)
    assert mirror.wanted() == []
    follow(mirror, START + 10)
    hear(mirror, NEXT + 10)
    mirror.minutes(0, 0, NEXT)
    assert mirror.wanted() == [(Past.CANDLES, 0)]


def test_funding_is_fetched_and_again_after_an_hour(mirror: MirrorMarket) -> None:
    assert mirror.funding_history(0, 0, START) == []
    assert mirror.wanted() == [(Past.FUNDING, 0)]
    row = FundingRate(START, 1, 2)
    mirror.learn_funding(0, [row])
    assert mirror.funding_history(0, 0, START) == [row]
    assert mirror.funding_history(0, START + 1, START + MINUTE_MS) == []
    assert mirror.wanted() == []
    mirror.funding_history(0, 0, START + 62 * MINUTE_MS)
    assert mirror.wanted() == [(Past.FUNDING, 0)]


def test_a_newer_catalogue_lists_and_delists(mirror: MirrorMarket) -> None:
    hear(mirror, START, book(START, "100", "101"))
    gone, new = instrument("BTC", is_delisted=True), instrument("SOL")
    assert mirror.learn([gone, ETH, new], []) == [2]
    assert mirror.universe.instruments == (gone, ETH, new)
    first, *rest = hear(mirror, START + 20, book(START, "100", "101"))
    assert first.listed == [0, 2]
    assert rest == []
    assert mirror.best_px(0) == (0, 0)
    hear(mirror, START + 40, book(START, "7", "8", coin="SOL"))
    assert mirror.best_px(2) == (70_000, 80_000)


def test_a_catalogue_of_other_places_is_refused(mirror: MirrorMarket) -> None:
    with pytest.raises(ValueError, match="anew"):
        mirror.learn([ETH, BTC], [])


def test_the_premium_is_that_of_the_context(mirror: MirrorMarket) -> None:
    assert mirror.premium(0) is None
    hear(mirror, START, book(START, "100", "101"))
    assert mirror.premium(0) == mirror.context(0, START).premium
    told = msgspec.structs.replace(mirror.context(0, START), premium=12_345)
    mirror.learn([BTC, ETH], [told])
    assert mirror.premium(0) == mirror.context(0, START).premium == 12_345
