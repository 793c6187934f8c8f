"""Recordings: captures go out as they came, candle files become a path of prices."""

import gzip
from decimal import Decimal
from pathlib import Path

import pytest

from hlsim.market.bar_path import BarPath
from hlsim.market.bars import Bar, UnreadableRecordingError, read_bars
from hlsim.market.capture import read_capture
from hlsim.market.catalogue import listings
from hlsim.market.path import FINE_BITS
from hlsim.market.recorded import RecordedMarket
from tests.unit.hlsim.market.living import lived

DATA = Path("tests/data")
CAPTURE = DATA / "hyperliquid/ws/btc_l2book_trades_20250126.gz"
LEAN = DATA / "candles/lean"
START = 1_760_000_000_000


def market(*, loop: bool = False) -> RecordedMarket:
    return RecordedMarket(
        read_capture(CAPTURE), seed=7, start_ms=START, delay_ms=250, loop=loop
    )


def recorded_payloads() -> list[bytes]:
    with gzip.open(CAPTURE) as lines:
        return [line.rstrip(b"\n").split(b" ", 1)[1] for line in lines]


def test_nothing_is_played_before_somebody_listens() -> None:
    one = market()
    assert list(one.advance(START + 3_600_000)) == []
    assert one.mid_halves(0) is None


def test_frames_are_played_byte_by_byte_and_in_order() -> None:
    one = market()
    one.start(START)
    played = [raw.payload for c in one.advance(START + 60_000) for raw in c.raw]
    assert played == recorded_payloads()


def test_frames_keep_their_spacing_from_the_first_listener_on() -> None:
    one = market()
    one.start(START)
    one.start(START + 5000)  # a second listener changes nothing
    times = [c.time_ms for c in one.advance(START + 60_000)]
    # First three receive times of the capture: ...843893, ...843907, ...844167.
    assert times[:3] == [START + 250, START + 264, START + 524]
    assert one.next_ms(START + 60_000) > START + 60_000


def test_the_book_of_the_last_frame_can_be_asked_for() -> None:
    one = market()
    one.start(START)
    list(one.advance(START + 250))
    book = one.book(0)
    assert (book.bids[0].px, book.bids[0].sz, book.bids[0].n) == (1050550, 303622, 5)
    assert one.top(0).best == book.best


def test_a_recorded_backlog_is_no_candle() -> None:
    one = market()
    one.start(START)
    lived(one, START + 600)
    assert len(one.recent_trades(0)) == 30
    assert one.minutes(0, 0, START + 600) == []
    lived(one, START + 60_000)
    assert sum(row.n for row in one.minutes(0, 0, START + 60_000)) > 0


def test_a_loop_begins_again_after_the_last_frame() -> None:
    one = market(loop=True)
    one.start(START)
    played = [raw.payload for c in one.advance(START + 60_000) for raw in c.raw]
    payloads = recorded_payloads()
    assert played[: len(payloads)] == payloads
    assert played[len(payloads)] == payloads[0]


@pytest.mark.parametrize(
    ("path", "rows", "first"),
    [
        (
            LEAN / "cryptofuture/dydx/minute/btcusd/20260101_trade.zip",
            1410,
            Bar(0, *map(Decimal, ("87489", "87496", "87463", "87488"))),
        ),
        (
            LEAN / "crypto/binance/hour/btcusdt_trade.zip",
            120,
            Bar(
                1_525_132_800_000,
                *map(Decimal, ("9246.01", "9248.99", "8934.44", "8955.01")),
            ),
        ),
        (
            DATA / "candles/basana/bitstamp_btcusd_min_2020_01_01.csv",
            None,
            Bar(
                1_577_836_800_000,
                *map(Decimal, ("7160.69", "7160.69", "7159.64", "7159.64")),
            ),
        ),
    ],
)
def test_candle_files_are_read_exactly(
    path: Path, rows: int | None, first: Bar
) -> None:
    bars = read_bars(path)
    assert bars[0] == first
    assert rows is None or len(bars) == rows


@pytest.mark.parametrize(
    "path",
    [
        LEAN / "cryptofuture/dydx/minute/btcusd/20260101_quote.zip",
        DATA / "manifest.json",
    ],
)
def test_a_file_that_holds_no_bars_is_refused_with_a_sentence(path: Path) -> None:
    with pytest.raises(UnreadableRecordingError, match="cannot play"):
        read_bars(path)


def test_a_file_that_is_no_capture_is_refused_with_a_sentence(tmp_path: Path) -> None:
    wrong = tmp_path / "x.gz"
    wrong.write_bytes(gzip.compress(b"1 {}\n"))
    with pytest.raises(UnreadableRecordingError, match="no capture"):
        read_capture(wrong)


def test_lines_that_are_no_frames_are_skipped_and_counted(tmp_path: Path) -> None:
    payloads = recorded_payloads()
    path = tmp_path / "odd.gz"
    path.write_bytes(
        gzip.compress(
            b"1 not json\nno time\n2 {}\n"
            b'3 {"channel":"pong"}\n'
            b'4 {"channel":"trades","data":[]}\n'
            b'5 {"channel":"bbo","data":{"coin":"BTC","time":1,"bbo":["?",null]}}\n'
            + b"".join(b"%d %s\n" % (n * 10**6, one) for n, one in enumerate(payloads))
        )
    )
    capture = read_capture(path)
    one = RecordedMarket(capture, seed=7, start_ms=START)
    one.start(START)
    played = [raw.payload for c in one.advance(START + 60_000) for raw in c.raw]
    assert played == payloads
    assert one.skipped == 5  # "no time" has no number in front: no line at all


def test_a_number_that_is_none_is_passed_on_and_not_believed(tmp_path: Path) -> None:
    wrong = (
        b'{"channel":"bbo","data":{"coin":"BTC","time":1,"bbo":'
        b'[{"px":"much","sz":"1","n":1},null]}}'
    )
    path = tmp_path / "nan.gz"
    path.write_bytes(gzip.compress(b"1 " + wrong + b"\n"))
    one = RecordedMarket(read_capture(path), seed=7, start_ms=START)
    one.start(START)
    (block,) = one.advance(START + 60_000)
    assert block.raw[0].payload == wrong
    assert (block.quoted, one.best_px(0)) == ((), (0, 0))


def bar(at_ms: int, *prices: int) -> Bar:
    return Bar(at_ms, *map(Decimal, prices))


def test_a_path_visits_the_four_prices_of_each_bar_once_it_began() -> None:
    bars = [bar(0, 100, 130, 90, 120), bar(60_000, 120, 120, 80, 85)]
    path = BarPath([bars], [0], block_ms=1000, loop=False)
    assert int(path.step(1)[0]) >> FINE_BITS == 100
    path.begin()
    prices = [int(path.step(block)[0]) >> FINE_BITS for block in range(2, 130)]
    assert (min(prices[:60]), max(prices[:60])) == (90, 129)
    assert (min(prices[60:]), max(prices[60:])) == (80, 120)
    assert prices[-1] == 85


def test_a_looping_path_begins_again() -> None:
    bars = [bar(0, 100, 100, 100, 100), bar(1000, 200, 200, 200, 200)]
    path = BarPath([bars], [0], block_ms=1000, loop=True)
    path.begin()
    prices = [int(path.step(block)[0]) >> FINE_BITS for block in range(1, 5)]
    assert prices == [200, 100, 200, 100]


def test_a_recording_cannot_be_made_to_happen_differently() -> None:
    one = market()
    for change in (
        lambda: one.delist(0),
        lambda: one.enlist(one.universe[0], 1),
        lambda: one.hold_back(0, 1),
        lambda: one.publish_flat(0),
    ):
        with pytest.raises(ValueError, match="recorded"):
            change()


def test_a_path_along_bars_takes_no_further_coin() -> None:
    bars = [bar(0, 100, 100, 100, 100), bar(1000, 200, 200, 200, 200)]
    path = BarPath([bars], [0], block_ms=1000, loop=False)
    with pytest.raises(ValueError, match="no prices"):
        path.enlist(listings(1, 7))
