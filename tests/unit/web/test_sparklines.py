"""Small pictures are made of what was seen, and of nothing else."""

from decimal import Decimal

from tests.builders import START_MS
from tests.system.web.scripted import ShiftedClock
from threet.adapters.memory.candle_store import MemoryCandleStore
from threet.adapters.memory.product_store import MemoryProductStore
from threet.model.candles import Candle, Timeframe
from threet.model.prices import NewestPrice, PriceKind
from threet.web.sparklines import POINTS, Sparkline, Sparklines

MINUTE = 60_000
START = START_MS // MINUTE  # minutes count from here


def bar(at: int, close: str, *, is_closed: bool = True) -> Candle:
    price = Decimal(close)
    return Candle(
        symbol="BTC",
        timeframe=Timeframe.M1,
        open_ms=(START + at) * MINUTE,
        open=price,
        high=price,
        low=price,
        close=price,
        volume=Decimal(1),
        trades=1,
        is_closed=is_closed,
    )


def mid(at: int, price: str) -> NewestPrice:
    return NewestPrice(
        symbol="BTC",
        kind=PriceKind.MID,
        price=Decimal(price),
        received_ns=(START + at) * MINUTE * 1_000_000,
    )


def lines() -> Sparklines:
    store = MemoryCandleStore(MemoryProductStore())
    return Sparklines(store, ShiftedClock())


def points(drawn: Sparklines) -> list[tuple[int, str]]:
    line = drawn.of("BTC")
    assert line is not None
    return [(at // MINUTE - START, close) for at, close in line.points()]


def test_a_market_without_history_is_drawn_from_what_streams_in() -> None:
    drawn = lines()
    drawn.take_mid(mid(1, "9"))
    drawn.take_candle(bar(2, "10.0"))
    drawn.take_mid(mid(3, "11"))
    assert points(drawn) == [(1, "9"), (2, "10.0"), (3, "11")]


def test_a_mid_price_does_not_replace_the_close_of_a_bar() -> None:
    drawn = lines()
    drawn.take_mid(mid(1, "9"))
    drawn.take_candle(bar(1, "10", is_closed=False))
    drawn.take_mid(mid(1, "11"))
    assert points(drawn) == [(1, "10")]


def test_a_stored_forming_bar_does_not_replace_what_was_pushed_since() -> None:
    drawn = lines()
    drawn.take_candle(bar(2, "12", is_closed=False))
    drawn.seed("BTC", ([bar(1, "10"), bar(2, "11", is_closed=False)], []))
    assert points(drawn) == [(1, "10"), (2, "12")]


def test_the_version_moves_only_with_more_history() -> None:
    drawn = lines()
    drawn.seed("BTC", ([], []))
    assert (drawn.version, drawn.is_read("BTC")) == (0, False)
    for _ in range(2):
        drawn.seed("BTC", ([bar(1, "10")], []))
        assert drawn.version == 1


def test_a_full_line_shows_every_second_minute_and_holds_no_more() -> None:
    line = Sparkline()
    for at in range(POINTS + 7):
        line.put_bar(bar(at, f"{at + 1}"))
    assert len(line.closes) == len(line.bars) == POINTS
    shown = [at // MINUTE - START for at, _ in line.points()]
    assert shown == list(range(POINTS + 6, 7, -2))[::-1]
