"""Signs L1 actions with an agent's key (HYPERLIQUID.md 4).

What is signed is the hash of the action as it will be sent, the nonce, the account
traded for and the expiry; a key of the dictionary in another order, or a zero at the
end of a number, is another action and recovers a stranger's address.
"""

from collections.abc import Mapping
from typing import Literal

import coincurve
import msgspec
from Crypto.Hash import keccak

Source = Literal["a", "b"]  # mainnet, and everything else
Action = Mapping[str, object]

_RECOVERY_OFFSET = 27
_WORD = 32


def _keccak(message: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=message).digest()


# EIP-712: keccak(type of the domain | name | version | chain id 1337 | contract 0).
_DOMAIN = _keccak(
    _keccak(
        b"EIP712Domain(string name,string version,"
        b"uint256 chainId,address verifyingContract)"
    )
    + _keccak(b"Exchange")
    + _keccak(b"1")
    + (1337).to_bytes(_WORD, "big")
    + bytes(_WORD)
)
_AGENT = _keccak(b"Agent(string source,bytes32 connectionId)")


class Signature(msgspec.Struct, frozen=True):
    """As the wire wants it; ``v`` is 27 or 28."""

    r: str
    s: str
    v: int


class Signer:
    """Holds a key, and tells nobody. Raises ``ValueError`` for what is no key."""

    __slots__ = ("_key", "_source", "address")

    def __init__(self, private_key: str, source: Source) -> None:
        self._key = _read(private_key)
        self._source = _keccak(source.encode())
        public = self._key.public_key.format(compressed=False)[1:]
        self.address = "0x" + _keccak(public)[-20:].hex()

    def __repr__(self) -> str:
        return f"Signer({self.address})"

    def sign(
        self,
        action: Action,
        nonce: int,
        *,
        vault: str | None = None,
        expires_after_ms: int | None = None,
    ) -> Signature:
        """``vault`` is the sub-account or vault that is traded for, if it is one."""
        connection = connection_id(action, nonce, vault, expires_after_ms)
        struct = _keccak(_AGENT + self._source + connection)
        digest = _keccak(b"\x19\x01" + _DOMAIN + struct)
        raw = self._key.sign_recoverable(digest, hasher=None)
        return Signature(
            r="0x" + raw[:_WORD].hex(),
            s="0x" + raw[_WORD : 2 * _WORD].hex(),
            v=_RECOVERY_OFFSET + raw[2 * _WORD],
        )


def _read(private_key: str) -> coincurve.PrivateKey:
    try:
        secret = bytes.fromhex(private_key.removeprefix("0x"))
        # A shorter one would be padded to somebody else's key.
        if len(secret) == _WORD:
            return coincurve.PrivateKey(secret)
    except ValueError:
        pass
    raise ValueError("not a private key")  # without a cause, which may hold it


def connection_id(
    action: Action, nonce: int, vault: str | None, expires_after_ms: int | None
) -> bytes:
    """The hash of all that is signed but the network."""
    message = msgspec.msgpack.encode(action) + nonce.to_bytes(8, "big")
    message += b"\0" if vault is None else b"\1" + bytes.fromhex(vault[2:])
    if expires_after_ms is not None:
        message += b"\0" + expires_after_ms.to_bytes(8, "big")
    return _keccak(message)
