"""The window of candles: order, bounds, and the forming bar made of minutes."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from threet.market_data.candle_window import CandleWindow, CandleWindows, encode_row
from threet.model.candles import Candle, Timeframe

M1, M5, H1 = Timeframe.M1, Timeframe.M5, Timeframe.H1
START_MS = H1.open_of(1_767_225_600_000)
MINUTE = M1.millis

Print = tuple[int, Decimal, Decimal]  # millisecond, price, quantity


def bar_of(prints: Sequence[Print], timeframe: Timeframe, at_ms: int) -> Candle:
    """What an exchange would make of these prints, all of one bar."""
    prices = [price for _, price, _ in prints]
    return Candle(
        symbol="BTC",
        timeframe=timeframe,
        open_ms=timeframe.open_of(prints[0][0]),
        open=prices[0],
        high=max(prices),
        low=min(prices),
        close=prices[-1],
        volume=sum((quantity for _, _, quantity in prints), Decimal(0)),
        trades=len(prints),
        is_closed=timeframe.open_of(prints[0][0]) + timeframe.millis <= at_ms,
    )


def bars_of(prints: Sequence[Print], timeframe: Timeframe) -> list[Candle]:
    by_open: dict[int, list[Print]] = {}
    for one in prints:
        by_open.setdefault(timeframe.open_of(one[0]), []).append(one)
    return [bar_of(found, timeframe, prints[-1][0]) for found in by_open.values()]


def minute(at: int, close: str = "100", *, closed: bool = True) -> Candle:
    return bar(M1, START_MS + at * MINUTE, close, closed=closed)


def bar(
    timeframe: Timeframe,
    open_ms: int,
    close: str = "100",
    *,
    volume: int = 1,
    closed: bool = True,
) -> Candle:
    price = Decimal(close)
    return Candle(
        symbol="BTC",
        timeframe=timeframe,
        open_ms=open_ms,
        open=price,
        high=price,
        low=price,
        close=price,
        volume=Decimal(volume),
        trades=volume,
        is_closed=closed,
    )


@st.composite
def printed(draw: st.DrawFn) -> list[Print]:
    """Prints of less than an hour; the first one opens it; minutes may be empty."""
    offsets = draw(st.lists(st.integers(1, 59 * MINUTE), max_size=40, unique=True))
    cents = st.integers(9_000, 11_000)
    return [
        (
            START_MS + offset,
            Decimal(draw(cents)) / 100,
            Decimal(draw(st.integers(1, 500))) / 1000,
        )
        for offset in sorted([0, *offsets])
    ]


@given(printed(), st.data())
def test_the_minutes_of_an_hour_are_the_hour_in_any_order_and_however_often(
    prints: list[Print], data: st.DataObject
) -> None:
    minutes = bars_of(prints, M1)
    given_twice = data.draw(st.permutations(minutes * 2))
    window = CandleWindow("BTC", H1)
    window.take_minutes(given_twice)
    assert window.bars() == (replace(bar_of(prints, H1, 0), is_closed=False),)


@given(printed(), st.data())
def test_minutes_on_top_of_a_reading_are_the_whole_bar(
    prints: list[Print], data: st.DataObject
) -> None:
    seen = data.draw(st.integers(1, len(prints)))
    reading = bar_of(prints[:seen], H1, 0)
    window = CandleWindow("BTC", H1)
    for event in data.draw(st.permutations([reading, *bars_of(prints, M1)])):
        (window.read if event.timeframe is H1 else window.take_minutes)([event])
    assert window.bars() == (bar_of(prints, H1, 0),)


@given(printed(), st.data())
def test_missing_minutes_leave_a_reading_a_lower_bound(
    prints: list[Print], data: st.DataObject
) -> None:
    whole = bar_of(prints, H1, 0)
    seen = data.draw(st.integers(1, len(prints)))
    minutes = bars_of(prints, M1)
    kept = data.draw(st.lists(st.sampled_from(minutes), unique_by=id))
    window = CandleWindow("BTC", H1)
    window.read([bar_of(prints[:seen], H1, 0)])
    window.take_minutes(kept)
    (shown,) = window.bars()
    assert shown.open == whole.open
    assert whole.low <= shown.low <= shown.high <= whole.high
    assert shown.volume <= whole.volume
    assert shown.trades <= whole.trades


def test_minutes_from_the_middle_of_a_bar_invent_no_open() -> None:
    window = CandleWindow("BTC", H1)
    window.take_minutes([minute(7), minute(8)])
    assert window.bars() == ()


def test_the_next_bar_begins_with_its_first_minute() -> None:
    window = CandleWindow("BTC", M5)
    window.read([bar(M5, START_MS, volume=9, closed=False)])
    window.take_minutes([minute(4), minute(5, "101", closed=False)])
    assert [shown.open_ms for shown in window.bars()] == [
        START_MS,
        START_MS + M5.millis,
    ]
    assert window.awaits_close(START_MS + M5.millis)


def test_a_late_closed_bar_replaces_what_was_derived() -> None:
    window = CandleWindow("BTC", M5)
    window.take_minutes([minute(0, "100"), minute(1, "102")])
    closed = bar(M5, START_MS, "99", volume=50)
    window.read([closed])
    window.take_minutes([minute(2, "150")])
    assert window.bars() == (closed,)
    assert not window.awaits_close(START_MS + M5.millis)


def test_a_late_closed_minute_replaces_the_forming_one() -> None:
    window = CandleWindow("BTC", M5)
    window.take_minutes([minute(0, "100", closed=False), minute(1, "101")])
    window.take_minutes([minute(0, "97")])
    (shown,) = window.bars()
    prices = [shown.open, shown.low, shown.close]
    assert prices == [Decimal(97), Decimal(97), Decimal(101)]


def test_a_forming_bar_never_replaces_a_closed_one_nor_a_later_forming_one() -> None:
    window = CandleWindow("BTC", M1)
    window.read([minute(0, "100")])
    window.read([minute(0, "90", closed=False)])
    later = bar(M1, START_MS + MINUTE, "105", volume=5, closed=False)
    window.read([later, bar(M1, START_MS + MINUTE, "104", volume=4, closed=False)])
    assert window.bars() == (minute(0, "100"), later)


def test_a_minute_older_than_the_kept_ones_cannot_cut_a_derived_bar() -> None:
    window = CandleWindow("BTC", M5)
    window.take_minutes([minute(at) for at in range(30)])
    before = window.bars()[0]
    assert before.volume == 5
    window.take_minutes([minute(2, "500")])  # its four neighbors are forgotten
    assert window.bars()[0] == before


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 8))
def test_the_window_keeps_the_newest_in_order_within_its_bound(
    minutes: list[int], bound: int
) -> None:
    window = CandleWindow("BTC", M1, bound)
    for at in minutes:
        window.read([minute(at)])
    shown = [candle.open_ms for candle in window.bars()]
    assert shown == sorted(shown)
    assert len(shown) <= bound
    assert msgspec.json.decode(b"[" + window.rows(bound) + b"]") == [
        msgspec.json.decode(encode_row(candle)) for candle in window.bars()
    ]


def test_the_same_bar_twice_changes_no_version() -> None:
    window = CandleWindow("BTC", M1)
    window.read([minute(0)])
    version = window.version
    window.read([minute(0)])
    assert window.version == version


def test_a_change_before_the_last_two_bars_is_a_revision() -> None:
    window = CandleWindow("BTC", M1)
    window.read([minute(at) for at in range(4)])
    assert window.revision == 0
    window.read([minute(3, "101"), minute(2, "101")])
    assert window.revision == 0
    window.read([minute(1, "101")])
    assert window.revision == 1


def test_rows_keep_every_digit_and_know_no_exponent() -> None:
    candle = replace(minute(0), volume=Decimal("1E+3"), high=Decimal("100.50"))
    row = msgspec.json.decode(encode_row(candle))
    assert row == [START_MS, "100", "100.50", "100", "100", "1000", 1, True]


def test_no_rows_are_asked_no_rows_are_given() -> None:
    window = CandleWindow("BTC", M1)
    window.read([minute(0)])
    assert window.rows(0) == b""
    assert window.last == minute(0)


def test_the_window_unused_for_longest_makes_room() -> None:
    windows = CandleWindows(capacity=2)
    first = windows.open("BTC", M1)
    windows.open("ETH", M1)
    assert windows.find("BTC", M1) is first
    windows.open("SOL", M1)
    assert windows.find("ETH", M1) is None
    assert windows.find("BTC", M1) is first


def test_a_minute_moves_every_open_window_of_its_symbol_and_no_other() -> None:
    windows = CandleWindows()
    one, five = windows.open("BTC", M1), windows.open("BTC", M5)
    other = windows.open("ETH", M5)
    windows.apply(minute(0))
    assert (len(one), len(five), len(other)) == (1, 1, 0)
    windows.apply(bar(M5, START_MS, volume=9))
    assert five.bars() == (bar(M5, START_MS, volume=9),)
    windows.apply(bar(H1, START_MS))  # nobody looks at it
    windows.clear()
    assert windows.find("BTC", M1) is None
