"""The board: a whole book, and best prices that are newer than it."""

from hypothesis import given
from hypothesis import strategies as st

from hlsim.core.market import Book, Level
from hlsim.market.board import Board, with_best


def side(*prices: int) -> tuple[Level, ...]:
    return tuple(Level(px, 5, 1) for px in prices)


def book(time_ms: int, bids: tuple[int, ...], asks: tuple[int, ...]) -> Book:
    return Book(time_ms, side(*bids), side(*asks))


def board() -> Board:
    one = Board(1, 0)
    one.place(0, book(10, (100, 99, 98), (102, 103, 104)))
    return one


def test_newer_best_prices_stand_before_what_is_behind_them() -> None:
    one = board()
    assert one.place_best(0, book(11, (99,), (101,)))
    assert one.book(0) == book(11, (99, 98), (101, 102, 103, 104))
    assert one.best_px(0) == (99, 101)


def test_older_best_prices_are_ignored() -> None:
    one = board()
    assert not one.place_best(0, book(9, (50,), (200,)))
    assert one.best_px(0) == (100, 102)


def test_a_book_older_than_the_best_prices_keeps_them() -> None:
    one = board()
    one.place_best(0, book(12, (101,), (102,)))
    assert not one.place(0, book(11, (100, 99), (102, 103)))
    assert one.book(0).bids == side(101, 100, 99)
    one.place(0, book(13, (90,), (91,)))
    assert one.book(0) == book(13, (90,), (91,))


def test_the_same_best_prices_are_no_change() -> None:
    one = board()
    assert not one.place_best(0, book(11, (100,), (102,)))
    assert not one.place(0, book(12, (100, 1), (102,)))


def test_an_empty_side_is_an_empty_side() -> None:
    one = board()
    assert one.place_best(0, Book(11, (), side(102)))
    assert one.best_px(0) == (0, 102)


def test_a_cleared_book_is_empty_until_the_next_one() -> None:
    one = board()
    assert one.clear(0)
    assert not one.clear(0)
    assert one.best_px(0) == (0, 0)
    one.place(0, book(10, (100,), (102,)))
    assert one.best_px(0) == (100, 102)


prices = st.lists(st.integers(1, 200), unique=True, max_size=8)


@given(prices, prices, st.integers(1, 100), st.integers(101, 200))
def test_whatever_was_behind_a_book_with_new_best_prices_is_sorted_and_uncrossed(
    bids: list[int], asks: list[int], bid: int, ask: int
) -> None:
    whole = book(1, tuple(sorted(bids, reverse=True)), tuple(sorted(asks)))
    found = with_best(whole, book(2, (bid,), (ask,)))
    bid_pxs, ask_pxs = ([x.px for x in one] for one in (found.bids, found.asks))
    assert bid_pxs == sorted(set(bid_pxs), reverse=True)
    assert ask_pxs == sorted(set(ask_pxs))
    assert (bid_pxs[0], ask_pxs[0]) == (bid, ask)
