"""Damage is what it says, and stamps move without anything else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlsim.faults.damage import damaged
from hlsim.faults.plan import Damage
from hlsim.faults.stamps import shifted

FRAME = b'{"channel":"bbo","data":{"coin":"BTC","px":"1.5","sz":"-2","tid":7}}'


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("cut", FRAME[: len(FRAME) // 2]),
        ("empty", b""),
        ("nan", FRAME.replace(b'"1.5"', b'"NaN"').replace(b'"-2"', b'"NaN"')),
        ("overflow", FRAME.replace(b'"1.5"', b'"1e400"').replace(b'"-2"', b'"1e400"')),
        ("zero", FRAME.replace(b'"1.5"', b'"0.0"').replace(b'"-2"', b'"0.0"')),
        ("negative", FRAME.replace(b'"1.5"', b'"-1.5"')),
        ("deep", b"[" * 100_000),
    ],
)
def test_a_frame_is_damaged_as_asked(how: Damage, expected: bytes) -> None:
    assert damaged(FRAME, how, 1) == expected


def test_without_decimal_strings_the_numbers_are_spoiled() -> None:
    assert damaged(b'{"a":[1,2.5],"1":"x"}', "nan", 1) == b'{"a":[NaN,NaN],"1":"x"}'
    assert damaged(b'{"a":1}', "overflow", 1) == b'{"a":1e400}'


def test_keys_and_hashes_are_not_numbers() -> None:
    kept = b'{"7":"1.0","hash":"0x12"}'
    assert damaged(kept, "zero", 1) == b'{"7":"0.0","hash":"0x12"}'


def test_a_huge_frame_is_valid_json_but_large() -> None:
    huge = damaged(FRAME, "huge", 10_000)
    assert len(huge) == 10_000
    assert json.loads(huge) == json.loads(FRAME)


def test_a_page_is_no_json() -> None:
    assert damaged(FRAME, "html", 1).startswith(b"<html>")


@given(
    time=st.integers(10**12, 10**13),
    by_ms=st.integers(-(10**9), 10**9),
    key=st.sampled_from(["time", "serverTime", "timestamp", "statusTimestamp"]),
)
def test_stamps_move_and_nothing_else(time: int, by_ms: int, key: str) -> None:
    said = {"channel": "x", key: time, "t": time, "oid": time, "px": "1.0"}
    moved = json.loads(shifted(json.dumps(said).encode(), by_ms))
    assert moved == said | {key: time + by_ms}
