"""Frames into events: every value of a real stream, and nothing of a broken frame."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tests.recordings import stream
from threet.adapters.hyperliquid.decoding import (
    Acknowledged,
    Control,
    FrameDecoder,
    Refusal,
    ServerError,
)
from threet.model.candles import Timeframe
from threet.model.events import (
    BookUpdated,
    CandleFormed,
    CandlesClosed,
    Event,
    PricesUpdated,
    TradesPrinted,
)
from threet.model.prices import PriceChange, PriceKind
from threet.model.topics import Channel, Topic
from threet.model.trades import Side

NOW_NS = 1_767_225_600_000_000_000
MINUTE_MS = 1_767_225_600_000


def frame(channel: str, data: object) -> bytes:
    return msgspec.json.encode({"channel": channel, "data": data})


def mids(decoder: FrameDecoder, **prices: str) -> PricesUpdated:
    updated, *_ = decoder.decode(frame("allMids", {"mids": prices}), NOW_NS)
    assert isinstance(updated, PricesUpdated)
    return updated


def told(updated: PricesUpdated) -> dict[str, Decimal]:
    return {change.symbol: change.price for change in updated.changes}


def candle(open_ms: int, close: str = "5") -> dict[str, Any]:
    prices = {"o": "5", "h": "9", "l": "1", "c": close, "v": "2.50000000001"}
    ends = {"t": open_ms, "T": open_ms + 59_999, "n": 3}
    return {"s": "kPEPE", "i": "1m", **prices, **ends}


def test_all_46_books_and_all_trades_of_the_recording_equal_the_file() -> None:
    decoder = FrameDecoder()
    books = trades = 0
    for received_ns, raw in stream():
        (event,) = decoder.decode(raw, received_ns)
        data = msgspec.json.decode(raw)["data"]
        if isinstance(event, BookUpdated):
            books += 1
            sides = [
                [
                    {
                        "n": level.orders,
                        "px": str(level.price),
                        "sz": str(level.quantity),
                    }
                    for level in side
                ]
                for side in (event.bids, event.asks)
            ]
            assert (event.symbol, event.event_ms) == (data["coin"], data["time"])
            assert sides == data["levels"]
        else:
            assert isinstance(event, TradesPrinted)
            trades += 1
            rows = [
                (one.symbol, "B" if one.side is Side.BUY else "A", str(one.price),
                 str(one.quantity), one.trade_ms, one.trade_id)
                for one in event.trades
            ]  # fmt: skip
            fields = ("coin", "side", "px", "sz", "time", "tid")
            assert rows == [tuple(row[name] for name in fields) for row in data]
        assert event.received_ns == received_ns
    assert (books, trades) == (46, 9)


def test_a_recording_played_again_prints_no_trade_twice() -> None:
    decoder = FrameDecoder()
    frames = list(stream())
    for received_ns, raw in frames:
        decoder.decode(raw, received_ns)
    again = [event for ns, raw in frames for event in decoder.decode(raw, ns)]
    assert {type(event) for event in again} == {BookUpdated}


def test_f70_every_trade_of_a_frame_is_printed_in_its_order() -> None:
    rows = [
        {"coin": "BTC", "side": "AB"[n % 2], "px": f"{n}.5", "sz": "1",
         "time": MINUTE_MS + n, "tid": n, "hash": "0x0", "users": []}
        for n in range(1, 4)
    ]  # fmt: skip
    (event,) = FrameDecoder().decode(frame("trades", rows), NOW_NS)
    assert isinstance(event, TradesPrinted)
    assert [trade.trade_id for trade in event.trades] == [1, 2, 3]
    assert event.event_ms == MINUTE_MS + 3


def test_only_mids_that_changed_are_told_and_all_are_confirmed() -> None:
    decoder = FrameDecoder()
    assert told(mids(decoder, BTC="100.5", kPEPE="0.01")) == {
        "BTC": Decimal("100.5"),
        "kPEPE": Decimal("0.01"),
    }
    second = mids(decoder, BTC="100.5", kPEPE="0.011")
    assert told(second) == {"kPEPE": Decimal("0.011")}
    assert second.confirms_mids


def test_spot_mids_are_left_alone() -> None:
    updated, *_ = FrameDecoder().decode(
        frame("allMids", {"mids": {"@1": "3", "PURR/USDC": "4", "BTC": "5"}}), NOW_NS
    )
    assert isinstance(updated, PricesUpdated)
    assert told(updated) == {"BTC": Decimal(5)}


@pytest.mark.parametrize("bad", ["0.0", "NaN", "-1", "1e400", ""])
def test_f41_a_symbol_without_a_sane_price_loses_its_old_one(bad: str) -> None:
    decoder = FrameDecoder()
    mids(decoder, BTC="100", MKR="1700")
    updated, refusal = decoder.decode(
        frame("allMids", {"mids": {"BTC": "101", "MKR": bad}}), NOW_NS
    )
    assert isinstance(updated, PricesUpdated)
    assert told(updated) == {"BTC": Decimal(101)}
    assert updated.vanished == (("MKR", PriceKind.MID),)
    assert isinstance(refusal, Refusal)


def test_a_symbol_that_leaves_the_frame_vanishes() -> None:
    decoder = FrameDecoder()
    mids(decoder, BTC="100", MKR="1700")
    assert mids(decoder, BTC="100").vanished == (("MKR", PriceKind.MID),)


def test_best_bid_and_ask_with_their_quantities() -> None:
    decoder = FrameDecoder()
    best = {"px": "99.5", "sz": "3", "n": 2}
    data = {"coin": "BTC", "time": MINUTE_MS, "bbo": [best, None]}
    (event,) = decoder.decode(frame("bbo", data), NOW_NS)
    assert isinstance(event, PricesUpdated)
    (bid,) = event.changes
    assert bid == PriceChange("BTC", PriceKind.BID, Decimal("99.5"), Decimal(3))
    assert event.vanished == (("BTC", PriceKind.ASK),)
    (again,) = decoder.decode(frame("bbo", data), NOW_NS)
    assert isinstance(again, PricesUpdated)
    assert again.changes == ()


def test_mark_and_oracle_are_told_once_and_then_confirmed() -> None:
    decoder = FrameDecoder()
    data = {"coin": "BTC", "ctx": {"markPx": "100", "oraclePx": "101", "funding": "0"}}
    (first,) = decoder.decode(frame("activeAssetCtx", data), NOW_NS)
    (second,) = decoder.decode(frame("activeAssetCtx", data), NOW_NS)
    assert isinstance(first, PricesUpdated)
    assert isinstance(second, PricesUpdated)
    kinds = [PriceKind.MARK, PriceKind.ORACLE]
    assert [change.kind for change in first.changes] == kinds
    assert second.confirmed == (("BTC", kinds[0]), ("BTC", kinds[1]))


def context(mark: str, oracle: str) -> bytes:
    prices = {"markPx": mark, "oraclePx": oracle}
    return frame("activeAssetCtx", {"coin": "BTC", "ctx": prices})


def test_a_context_refused_for_its_oracle_leaves_the_mark_untold() -> None:
    decoder = FrameDecoder()
    decoder.decode(context("100", "100"), NOW_NS)
    (refusal,) = decoder.decode(context("200", "NaN"), NOW_NS)
    assert isinstance(refusal, Refusal)
    (event,) = decoder.decode(context("200", "100"), NOW_NS)
    assert isinstance(event, PricesUpdated)
    assert event.changes == (PriceChange("BTC", PriceKind.MARK, Decimal(200)),)
    assert event.confirmed == (("BTC", PriceKind.ORACLE),)


def test_f72_a_bar_is_closed_by_its_successor_and_not_before() -> None:
    decoder = FrameDecoder()
    (formed,) = decoder.decode(frame("candle", candle(MINUTE_MS, "6")), NOW_NS)
    assert isinstance(formed, CandleFormed)
    assert not formed.candle.is_closed
    decoder.decode(frame("candle", candle(MINUTE_MS, "7")), NOW_NS)
    closed, following = decoder.decode(
        frame("candle", candle(MINUTE_MS + 60_000)), NOW_NS
    )
    assert isinstance(closed, CandlesClosed)
    (bar,) = closed.candles
    assert (bar.symbol, bar.timeframe, bar.close) == ("kPEPE", Timeframe.M1, Decimal(7))
    assert bar.is_closed
    assert bar.volume == Decimal("2.5")
    assert isinstance(following, CandleFormed)


def test_a_late_frame_of_a_closed_bar_opens_it_no_more() -> None:
    decoder = FrameDecoder()
    decoder.decode(frame("candle", candle(MINUTE_MS + 60_000)), NOW_NS)
    assert decoder.decode(frame("candle", candle(MINUTE_MS)), NOW_NS) == ()


def test_a_bar_cut_by_a_lost_connection_is_not_closed_by_its_successor() -> None:
    decoder = FrameDecoder()
    decoder.decode(frame("candle", candle(MINUTE_MS, "6")), NOW_NS)
    decoder.connection_lost()
    events = decoder.decode(frame("candle", candle(MINUTE_MS + 60_000)), NOW_NS)
    assert [type(event) for event in events] == [CandleFormed]


def test_minutes_without_trades_on_a_live_connection_leave_a_bar_closed() -> None:
    decoder = FrameDecoder()
    decoder.decode(frame("candle", candle(MINUTE_MS - 180_000)), NOW_NS)
    closed, formed = decoder.decode(frame("candle", candle(MINUTE_MS)), NOW_NS)
    assert isinstance(closed, CandlesClosed)
    assert isinstance(formed, CandleFormed)


def level(px: str) -> dict[str, Any]:
    return {"px": px, "sz": "1", "n": 1}


def book(*sides: list[dict[str, Any]], time: int = MINUTE_MS) -> bytes:
    return frame("l2Book", {"coin": "BTC", "time": time, "levels": sides})


def bbo(
    bid: dict[str, Any] | None, ask: dict[str, Any] | None, time: int = MINUTE_MS
) -> bytes:
    return frame("bbo", {"coin": "BTC", "time": time, "bbo": [bid, ask]})


def a_trade(**changes: str) -> bytes:
    row = {"coin": "BTC", "side": "A", "px": "1", "sz": "1", "time": MINUTE_MS}
    return frame("trades", [{**row, "tid": 1, **changes}])


MALFORMED = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"\xff\xfe",
    b"[" * 200_000,
    b'{"deep":' + b"[" * 200_000,
    b'{"channel":"trades","deep":' + b'{"a":' * 200_000,
    b'{"channel":"nonsense","data":1}',
    b'{"channel":"trades"}',
    b'{"channel":"trades","data":{}}',
    frame("bbo", {"coin": "BTC", "time": MINUTE_MS, "bbo": [level("NaN"), None]}),
    book([level("2")], [level("1")]),
    book([level("1"), level("2")], []),
    book([level("-2")], []),
    book([]),
    frame("candle", {**candle(MINUTE_MS), "i": "7m"}),
    frame("candle", {**candle(MINUTE_MS), "h": "4"}),
    frame("candle", {**candle(MINUTE_MS), "t": MINUTE_MS // 1000}),
    a_trade(side="X"),
    a_trade(px="1e400"),
    a_trade(px="0"),
    a_trade(sz="-1"),
]


@pytest.mark.parametrize("raw", MALFORMED, ids=lambda raw: repr(raw[:80]))
def test_w6_a_malformed_frame_is_refused_whole_and_the_next_one_read(
    raw: bytes,
) -> None:
    decoder = FrameDecoder()
    mids(decoder, BTC="100")
    results: Sequence[Event | Control] = decoder.decode(raw, NOW_NS)
    assert [type(result) for result in results] == [Refusal]
    assert told(mids(decoder, BTC="101")) == {"BTC": Decimal(101)}


LATEST_MS = MINUTE_MS + 60_000
IMPROBABLE = [
    bbo(level("1"), level("2"), time=LATEST_MS + 1),
    bbo(level("1"), level("2"), time=MINUTE_MS // 1000),
    bbo(level("1"), level("2"), time=-1),
    bbo(level("2"), level("2")),
    bbo(level("3"), level("2")),
    bbo({**level("1"), "sz": "0"}, None),
    bbo(None, {**level("1"), "sz": "-1"}),
    book([level("1")], [level("2")], time=LATEST_MS + 1),
    book([level("1")], [level("2")], time=2**62),
    book([level("1")], [level("2")], time=0),
    frame("candle", candle(LATEST_MS + 60_000)),
]


def test_the_side_of_a_quote_that_did_not_change_is_confirmed() -> None:
    decoder = FrameDecoder()
    decoder.decode(bbo(level("1"), level("3")), NOW_NS)
    (event,) = decoder.decode(bbo(level("2"), level("3")), NOW_NS)
    assert isinstance(event, PricesUpdated)
    assert [(one.kind, one.price) for one in event.changes] == [
        (PriceKind.BID, Decimal(2))
    ]
    assert event.confirmed == (("BTC", PriceKind.ASK),)


@pytest.mark.parametrize("raw", IMPROBABLE)
def test_times_to_come_and_impossible_quotes_are_refused(raw: bytes) -> None:
    (refusal,) = FrameDecoder().decode(raw, NOW_NS)
    assert isinstance(refusal, Refusal)


def test_a_clock_that_is_a_minute_ahead_is_believed() -> None:
    decoder = FrameDecoder()
    for raw in (
        bbo(level("1"), level("2"), time=LATEST_MS),
        book([level("1")], [level("2")], time=LATEST_MS),
        frame("candle", candle(LATEST_MS)),
    ):
        (event,) = decoder.decode(raw, NOW_NS)
        assert not isinstance(event, Refusal)


def test_control_frames_are_told_apart() -> None:
    decoder = FrameDecoder()
    echo = {"method": "subscribe", "subscription": {"type": "allMids", "dex": None}}
    (acknowledged,) = decoder.decode(frame("subscriptionResponse", echo), NOW_NS)
    assert isinstance(acknowledged, Acknowledged)
    (error,) = decoder.decode(frame("error", "Already subscribed: {}"), NOW_NS)
    assert isinstance(error, ServerError)
    assert decoder.decode(b'{"channel":"pong"}', NOW_NS) == ()
    assert decoder.decode("Websocket connection established.", NOW_NS) == ()


def quote(time: int, bid: str = "1") -> bytes:
    levels = [{"px": bid, "sz": "1", "n": 1}, {"px": "9", "sz": "1", "n": 1}]
    return frame("bbo", {"coin": "kPEPE", "time": time, "bbo": levels})


def dated_book(time: int) -> bytes:
    levels = [[{"px": "1", "sz": "1", "n": 1}], [{"px": "9", "sz": "1", "n": 1}]]
    return frame("l2Book", {"coin": "kPEPE", "time": time, "levels": levels})


def printed(time: int, trade_id: int) -> dict[str, Any]:
    row = {"coin": "kPEPE", "side": "B", "px": "1", "sz": "1", "hash": "0x0"}
    return {**row, "time": time, "tid": trade_id}


@pytest.mark.parametrize(
    ("raw", "topic"),
    [
        (frame("allMids", {"mids": {"BTC": "1"}}), Topic(Channel.MIDS)),
        (quote(MINUTE_MS), Topic(Channel.QUOTE, "kPEPE")),
        (dated_book(MINUTE_MS), Topic(Channel.BOOK, "kPEPE")),
        (frame("trades", [printed(MINUTE_MS, 1)]), Topic(Channel.TRADES, "kPEPE")),
        (
            frame("candle", candle(MINUTE_MS)),
            Topic(Channel.CANDLE, "kPEPE", Timeframe.M1),
        ),
        (
            frame("activeAssetCtx", {"coin": "kPEPE", "ctx": {"markPx": "1"}}),
            Topic(Channel.CONTEXT, "kPEPE"),
        ),
        (b'{"channel":"pong"}', None),
        (frame("error", "no"), None),
        (frame("bbo", {"coin": "kPEPE", "time": MINUTE_MS, "bbo": "?"}), None),
    ],
    ids=repr,
)
def test_a_frame_says_which_topic_spoke_and_a_broken_one_is_nobodys(
    raw: bytes, topic: Topic | None
) -> None:
    assert FrameDecoder().read(raw, NOW_NS).topic == topic


def test_trades_that_were_all_known_are_a_sign_of_life_all_the_same() -> None:
    decoder = FrameDecoder()
    raw = frame("trades", [printed(MINUTE_MS, 1)])
    decoder.read(raw, NOW_NS)
    again = decoder.read(raw, NOW_NS)
    assert again.topic == Topic(Channel.TRADES, "kPEPE")
    assert again.results == ()


@pytest.mark.parametrize("made", [quote, dated_book], ids=["quote", "book"])
def test_w5_an_older_frame_moves_nothing_and_is_no_sign_of_life(
    made: Callable[[int], bytes],
) -> None:
    decoder = FrameDecoder()
    decoder.read(made(MINUTE_MS + 2), NOW_NS)
    late = decoder.read(made(MINUTE_MS + 1), NOW_NS)
    assert (late.topic, late.results, decoder.late) == (None, (), 1)
    assert decoder.read(made(MINUTE_MS + 2), NOW_NS).results != ()


def test_f35_a_new_connection_believes_an_exchange_whose_clock_stepped_back() -> None:
    decoder = FrameDecoder()
    decoder.read(quote(MINUTE_MS + 3_600_000), NOW_NS + 3_600_000_000_000)
    decoder.connection_lost()
    assert decoder.read(quote(MINUTE_MS, "2"), NOW_NS).results != ()
    decoder.interrupted([Topic(Channel.QUOTE, "kPEPE")])
    assert decoder.read(quote(MINUTE_MS - 1, "3"), NOW_NS).results != ()


def test_w5_a_reading_of_a_bar_with_fewer_trades_is_an_older_one() -> None:
    decoder = FrameDecoder()
    decoder.read(frame("candle", candle(MINUTE_MS, "6") | {"n": 5}), NOW_NS)
    late = decoder.read(frame("candle", candle(MINUTE_MS, "5") | {"n": 4}), NOW_NS)
    assert (late.results, decoder.late) == ((), 1)


def test_m1_f41_all_prices_of_what_is_forgotten_vanish() -> None:
    decoder = FrameDecoder()
    mids(decoder, kPEPE="5", BTC="1")
    decoder.read(quote(MINUTE_MS), NOW_NS)
    context = {"coin": "kPEPE", "ctx": {"markPx": "1", "oraclePx": "1"}}
    decoder.read(frame("activeAssetCtx", context), NOW_NS)
    (event,) = decoder.forget("kPEPE", NOW_NS)
    assert isinstance(event, PricesUpdated)
    assert set(event.vanished) == {("kPEPE", kind) for kind in PriceKind}
    assert decoder.forget("kPEPE", NOW_NS) == ()


def test_m1_f41_a_mid_that_is_still_shown_for_a_delisted_symbol_is_none() -> None:
    decoder = FrameDecoder()
    assert told(mids(decoder, OLD="5", BTC="1")).keys() == {"OLD", "BTC"}
    decoder.delisted(["OLD"])
    assert mids(decoder, OLD="6", BTC="1").vanished == (("OLD", PriceKind.MID),)
    assert told(mids(decoder, OLD="7", BTC="2")).keys() == {"BTC"}
    decoder.delisted([])
    assert told(mids(decoder, OLD="7", BTC="2")).keys() == {"OLD"}


def of_dex(decoder: FrameDecoder, mids: dict[str, str], dex: str | None) -> Any:
    told_of = {} if dex is None else {"dex": dex}
    (event,) = decoder.decode(frame("allMids", {"mids": mids, **told_of}), NOW_NS)
    return event


@pytest.mark.parametrize("dex", ["xyz", None])
def test_a_frame_of_mids_says_all_of_its_own_dex_and_nothing_of_another(
    dex: str | None,
) -> None:
    """Whether the exchange names the dex, or its coins alone do."""
    decoder = FrameDecoder()
    mids(decoder, BTC="100", MKR="7")
    first = of_dex(decoder, {"xyz:AAPL": "190", "xyz:TSLA": "250"}, dex)
    assert (first.dex, first.vanished) == ("xyz", ())
    assert decoder.read(frame("allMids", {"mids": {"xyz:AAPL": "191"}}), NOW_NS).topic
    assert mids(decoder, BTC="100", MKR="7").changes == ()
    second = of_dex(decoder, {"xyz:AAPL": "191"}, dex)
    assert second.vanished == ()  # it vanished with the frame before
    forgotten = decoder.forget("xyz:AAPL", NOW_NS)
    assert [event.vanished for event in forgotten if isinstance(event, PricesUpdated)]
    assert mids(decoder, BTC="100").vanished == (("MKR", PriceKind.MID),)


def test_a_frame_of_mids_is_the_word_of_its_dex_s_topic() -> None:
    raw = frame("allMids", {"mids": {"xyz:AAPL": "191"}, "dex": "xyz"})
    assert FrameDecoder().read(raw, NOW_NS).topic == Topic(Channel.MIDS, "xyz")
