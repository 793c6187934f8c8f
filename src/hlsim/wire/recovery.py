"""Whose signature it is: the address behind a digest and an ECDSA signature."""

from typing import Annotated

import msgspec
from coincurve import PublicKey

from hlsim.wire.eip712 import ADDRESS_BYTES, WORD_BYTES, keccak256
from hlsim.wire.signature_errors import UnrecoverableSignatureError

Word = Annotated[str, msgspec.Meta(pattern="^(0x)?[0-9a-fA-F]{1,64}$")]
PARITY_OFFSET = 27


class Signature(msgspec.Struct, frozen=True):
    """An ECDSA signature: two numbers in hex, leading zeros optional, and a parity.

    ``v`` is 27 or 28, or the bare parity 0 or 1.
    """

    r: Word
    s: Word
    v: int


def recover(digest: bytes, signature: Signature) -> str:
    """Return the lower-case address whose key signed ``digest``.

    Almost every signature belongs to some address, so that a wrong digest gives a
    stranger's. Raises UnrecoverableSignatureError for the few that belong to none.
    """
    parity = signature.v - PARITY_OFFSET if signature.v > 1 else signature.v
    if parity not in (0, 1):
        raise UnrecoverableSignatureError
    try:
        compact = _word(signature.r) + _word(signature.s) + bytes((parity,))
        key = PublicKey.from_signature_and_message(compact, digest, hasher=None)
    except (OverflowError, ValueError) as error:
        raise UnrecoverableSignatureError from error
    point = key.format(compressed=False)[1:]
    return "0x" + keccak256(point)[-ADDRESS_BYTES:].hex()


def _word(text: str) -> bytes:
    return int(text, 16).to_bytes(WORD_BYTES, "big")
