"""A position and what it cost: profits add up to the cash they left."""

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from threet.accounts.books import Book, told
from threet.model.numbers import ZERO

_MICRO = Decimal("0.000001")
trades = st.lists(
    st.tuples(st.integers(-50, 50).filter(bool), st.integers(1, 1000)), max_size=20
)


@example([(1, 1), (1, 2), (-1, 1), (1, 1)])
@given(trades)
def test_profits_are_the_cash_and_what_is_held_however_it_was_traded(
    done: list[tuple[int, int]],
) -> None:
    book, profit, paid = Book(), ZERO, ZERO
    for change, price in done:
        profit += book.trade(Decimal(change), price * _MICRO, None)
        paid += change * price * _MICRO
    assert profit == told(book.cost or ZERO) - paid
