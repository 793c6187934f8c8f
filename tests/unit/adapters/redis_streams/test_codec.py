"""Entries into events: what cannot be read is refused, whatever it is."""

import pytest

from threet.adapters.redis_streams import codec
from threet.model.errors import InvalidValueError

MALFORMED = [
    b"",
    b"{",
    b"null",
    b"\xff\xfe",
    b"[" * 200_000,
    b'{"deep":' + b"[" * 200_000,
    b'{"deep":' + b'{"a":' * 200_000,
]


@pytest.mark.parametrize("data", MALFORMED, ids=lambda data: repr(data[:20]))
def test_malformed_data_is_an_invalid_value_however_deep(data: bytes) -> None:
    fields = {b"id": b"e-1", b"type": b"prices:updated", b"v": b"1", b"data": data}
    with pytest.raises(InvalidValueError):
        codec.envelope(fields)
