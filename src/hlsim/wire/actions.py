"""Actions of /exchange: recognised, and refused, for this floor takes no orders."""

import msgspec

from hlsim.wire.decoding import decode

UNSUPPORTED = {
    "status": "err",
    "response": "Trading is not supported by this simulator yet.",
}


class Signature(msgspec.Struct, frozen=True):
    """An ECDSA signature in hex."""

    r: str
    s: str
    v: int


class ActionKind(msgspec.Struct, frozen=True):
    """The one field every action has."""

    kind: str = msgspec.field(name="type")


class SignedAction(msgspec.Struct, frozen=True):
    """The envelope of /exchange (protocol document, §3)."""

    action: ActionKind
    nonce: int
    signature: Signature


_DECODER = msgspec.json.Decoder(SignedAction)


def decode_action(body: bytes) -> SignedAction:
    """Read an envelope; raises msgspec.ValidationError or msgspec.DecodeError."""
    return decode(_DECODER, body)
