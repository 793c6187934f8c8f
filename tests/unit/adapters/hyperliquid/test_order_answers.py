"""What an answer proves, and what it does not."""

import pytest

from threet.adapters.hyperliquid.order_answers import ANSWER, burned
from threet.ports.order_desk import Burned, Unknown


@pytest.mark.parametrize(
    ("body", "proven"),
    [
        (b'{"status":"ok","response":{"type":"default"}}', Burned.ACCEPTED),
        (b'{"status":"err","response":"Invalid nonce: duplicate"}', Burned.USED),
    ],
)
def test_a_burned_nonce_is_proven_by_a_plain_word(body: bytes, proven: Burned) -> None:
    assert burned(ANSWER.decode(body)) is proven


@pytest.mark.parametrize(
    "body",
    [
        b'{"status":"ok","response":'
        b'{"type":"order","data":{"statuses":[{"error":"no"}]}}}',
        b'{"status":"ok","response":"perhaps"}',
        b'{"status":"err","response":"Internal error"}',
    ],
)
def test_o4_an_ok_with_anything_inside_burns_nothing(body: bytes) -> None:
    assert isinstance(burned(ANSWER.decode(body)), Unknown)
