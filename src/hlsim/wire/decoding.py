"""Decodes what clients send: the outcome is a value or a DecodeError."""

from typing import TypeVar

import msgspec

T = TypeVar("T")


def decode(decoder: msgspec.json.Decoder[T], raw: bytes | msgspec.Raw) -> T:
    """Return the decoded value.

    Raises msgspec.ValidationError for JSON that does not fit, and its base class
    msgspec.DecodeError for anything that is no JSON or is nested too deep to be read.
    """
    try:
        return decoder.decode(raw)
    except (RecursionError, UnicodeDecodeError) as error:
        raise msgspec.DecodeError(str(error)) from error
