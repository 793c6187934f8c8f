"""Damages what would have been sent: cut short, impossible numbers, far too much."""

import re

from hlsim.faults.plan import Damage

# A decimal string that is a value, not the key of an object.
_DECIMAL = re.compile(rb'"-?\d+(?:\.\d+)?"(?!\s*:)')
_BARE = re.compile(rb"(?<=[:\[,])\s*-?\d+(?:\.\d+)?(?=[,}\]])")
_DEPTH = 100_000
_PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


def damaged(payload: bytes, how: Damage, size_bytes: int) -> bytes:
    """Return ``payload`` damaged; ``huge`` makes it at least ``size_bytes`` long."""
    match how:
        case "cut":
            return payload[: len(payload) // 2]
        case "empty":
            return b""
        case "html":
            return _PAGE
        case "deep":
            return b"[" * _DEPTH
        case "huge":
            # White space is valid JSON: only the size is wrong.
            return payload.ljust(size_bytes)
        case _:
            return _numbers(payload, how)


def _numbers(payload: bytes, how: Damage) -> bytes:
    """Spoil all decimal strings, or all numbers if there are none."""
    spoiled, found = _DECIMAL.subn(
        lambda hit: b'"' + _spoiled(hit[0].strip(b'"'), how) + b'"', payload
    )
    if found:
        return spoiled
    return _BARE.sub(lambda hit: _spoiled(hit[0].strip(), how), payload)


def _spoiled(number: bytes, how: Damage) -> bytes:
    words: dict[str, bytes] = {"nan": b"NaN", "overflow": b"1e400", "zero": b"0.0"}
    return words.get(how, b"-" + number.lstrip(b"-"))
