"""Trades count once, in any order, and an outage is closed or known to be open (W5)."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from threet.market_data.trade_tape import TradeTape
from threet.model.trades import Side, Trade

START_MS = 1_767_225_600_000


def trade(number: int, symbol: str = "BTC") -> Trade:
    """The trade with that id, so many seconds after the start."""
    return Trade(
        symbol=symbol,
        side=Side.BUY,
        price=Decimal(1),
        quantity=Decimal(1),
        trade_ms=START_MS + number * 1000,
        trade_id=number,
    )


def trades(*numbers: int) -> list[Trade]:
    return [trade(number) for number in numbers]


def ids(found: object) -> list[int]:
    assert isinstance(found, tuple)
    return [one.trade_id for one in found]


def test_w5_a_repeated_frame_and_a_reordered_one_count_once() -> None:
    tape = TradeTape()
    assert ids(tape.take(trades(3, 4))) == [3, 4]
    assert ids(tape.take(trades(1, 2))) == [1, 2]
    assert ids(tape.take(trades(3, 4, 5))) == [5]
    assert tape.duplicates == 2


def test_f6_a_backlog_that_reaches_back_closes_the_outage() -> None:
    tape = TradeTape()
    tape.take(trades(1, 2))
    tape.interrupted()
    assert ids(tape.take(trades(2, 3, 4))) == [3, 4]
    assert not tape.gaps


def test_f6_one_that_does_not_is_a_gap_until_the_exchange_was_asked() -> None:
    tape = TradeTape()
    tape.take(trades(1, 2))
    tape.interrupted()
    tape.take(trades(5, 6))
    assert tape.gaps == ("BTC",)
    assert ids(tape.recovered("BTC", trades(6, 5, 4, 3, 2))) == [3, 4]
    assert not tape.gaps
    assert tape.unclosed == 0


def test_a_gap_wider_than_the_answer_is_counted_and_nothing_invented() -> None:
    tape = TradeTape()
    tape.take(trades(1, 2))
    tape.interrupted()
    tape.take(trades(5, 6))
    assert ids(tape.recovered("BTC", trades(6, 5, 4))) == [4]
    assert tape.unclosed == 1
    assert not tape.gaps


def test_an_answer_that_only_repeats_the_backlog_closes_nothing() -> None:
    tape = TradeTape()
    tape.take(trades(1, 2))
    tape.interrupted()
    tape.take(trades(5, 6))
    assert tape.recovered("BTC", trades(6, 5)) == ()
    assert tape.unclosed == 1


def test_two_outages_in_a_row_remember_what_was_before_the_first() -> None:
    tape = TradeTape()
    tape.take(trades(1, 2))
    tape.interrupted()
    tape.take(trades(5))
    tape.interrupted()
    tape.take(trades(6))
    assert ids(tape.recovered("BTC", trades(2, 3, 4, 5, 6))) == [3, 4]
    assert tape.unclosed == 0


def test_a_symbol_never_heard_has_no_gap() -> None:
    tape = TradeTape()
    tape.interrupted()
    tape.interrupted(["BTC"])
    tape.take(trades(5, 6))
    assert not tape.gaps


def test_an_outage_of_one_symbol_is_none_of_another() -> None:
    tape = TradeTape()
    tape.take([trade(1), trade(1, "ETH")])
    tape.interrupted(["ETH"])
    tape.take([trade(2), trade(2, "ETH")])
    assert tape.gaps == ("ETH",)
    tape.forget("ETH")
    assert not tape.gaps


def test_a_trade_older_than_memory_is_late_and_never_printed_again() -> None:
    tape = TradeTape()
    tape.take(trades(*range(1, 600)))
    assert tape.take(trades(1, 2, 3)) == ()
    assert tape.late == 3


@given(st.lists(st.lists(st.integers(1, 40), max_size=6), max_size=30))
def test_whatever_comes_however_often_each_trade_is_told_once(
    frames: list[list[int]],
) -> None:
    tape = TradeTape()
    told = [one.trade_id for frame in frames for one in tape.take(trades(*frame))]
    assert sorted(told) == sorted({number for frame in frames for number in frame})
