"""The rows of the newest prices, read back."""

import pytest

from threet.adapters.redis_streams import newest


@pytest.mark.parametrize(
    ("field", "row"),
    [
        (b"ETH|mid", b"1"),
        (b"ETH|mid", b"NaN  5"),
        (b"ETH|mid", b"1 x 5"),
        (b"ETH|mid", b"\xff"),
        (b"\xff|mid", b"1  5"),
        (b"ETH|nonsense", b"1  5"),
        (b"ETH", b"1  5"),
    ],
)
def test_an_unreadable_row_is_left_out_and_the_others_are_read(
    field: bytes, row: bytes
) -> None:
    found = newest.prices({field: row, b"BTC|mid": b"2  7"}, {})
    assert [(one.symbol, one.received_ns) for one in found] == [("BTC", 7)]


def test_an_unreadable_confirmation_confirms_nothing() -> None:
    (price,) = newest.prices({b"BTC|mid": b"2  7"}, {b"BTC|mid": b"x", b"*|mid": b""})
    assert price.received_ns == 7
