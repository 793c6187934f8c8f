"""EIP-712: the digest of a typed structure, for the few field types that are signed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from Crypto.Hash import keccak

ADDRESS_BYTES = 20
WORD_BYTES = 32
HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


class FieldTypeError(ValueError):
    """A field is missing or is not of the type that its structure declares."""

    def __init__(self, name: str, kind: str) -> None:
        """Remember the field's ``name`` and the type ``kind`` that it should have."""
        super().__init__(name, kind)
        self.name = name
        self.kind = kind

    def __str__(self) -> str:
        return f"{self.name} is no {self.kind}"


def keccak256(message: bytes) -> bytes:
    """Hash as Ethereum does: Keccak with its first padding, not SHA-3."""
    return keccak.new(digest_bits=256, data=message).digest()


def address_bytes(text: str) -> bytes:
    """Read 40 hex digits, with or without ``0x``; ValueError for anything else."""
    digits = text.removeprefix("0x")
    if len(digits) != 2 * ADDRESS_BYTES or not HEXADECIMAL.issuperset(digits):
        raise ValueError(f"not an address: {text!r}")
    return bytes.fromhex(digits)


def lower_address(text: str) -> str:
    """Write an address as it is kept: lower-case with ``0x``; ValueError if none."""
    return "0x" + address_bytes(text).hex()


def _string(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError
    return keccak256(value.encode())


def _address(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError
    return address_bytes(value).rjust(WORD_BYTES, b"\0")


def _flag(value: object) -> bytes:
    if not isinstance(value, bool):
        raise TypeError
    return value.to_bytes(WORD_BYTES, "big")


def _number(bits: int) -> Callable[[object], bytes]:
    def encode(value: object) -> bytes:
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError
        if not 0 <= value < 1 << bits:
            raise ValueError(value)
        return value.to_bytes(WORD_BYTES, "big")

    return encode


_ENCODERS: Mapping[str, Callable[[object], bytes]] = {
    "address": _address,
    "bool": _flag,
    "string": _string,
    "uint64": _number(64),
    "uint256": _number(256),
}


@dataclass(frozen=True, slots=True)
class StructType:
    """A named list of fields, each a pair of its name and its type."""

    name: str
    fields: tuple[tuple[str, str], ...]
    type_hash: bytes = field(init=False)

    def __post_init__(self) -> None:
        members = ",".join(f"{kind} {name}" for name, kind in self.fields)
        object.__setattr__(
            self, "type_hash", keccak256(f"{self.name}({members})".encode())
        )

    def hash(self, message: Mapping[str, object]) -> bytes:
        """Hash what ``message`` says in this structure's fields, ignoring others.

        Raises FieldTypeError if one is missing or has another type.
        """
        words = [self.type_hash]
        for name, kind in self.fields:
            try:
                words.append(_ENCODERS[kind](message.get(name)))
            except (TypeError, ValueError) as error:
                raise FieldTypeError(name, kind) from error
        return keccak256(b"".join(words))


_DOMAIN = StructType(
    "EIP712Domain",
    (
        ("name", "string"),
        ("version", "string"),
        ("chainId", "uint256"),
        ("verifyingContract", "address"),
    ),
)


def domain_separator(name: str, chain_id: int) -> bytes:
    """Hash a domain of version 1 that no contract verifies, as both here are (§4).

    Raises FieldTypeError if ``chain_id`` does not fit into 256 bits.
    """
    domain = {
        "name": name,
        "version": "1",
        "chainId": chain_id,
        "verifyingContract": "0x" + "00" * ADDRESS_BYTES,
    }
    return _DOMAIN.hash(domain)


def typed_digest(separator: bytes, struct_hash: bytes) -> bytes:
    """Return the digest that is signed for a structure in a domain."""
    return keccak256(b"\x19\x01" + separator + struct_hash)
