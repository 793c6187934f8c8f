"""Who signed an action: the digests of §4, and the addresses that they lead to.

L1 actions are hashed as received: the order of keys, the case of addresses and the
zeros of decimals are part of what was signed. (The real exchange is said to bring an
action into its own form first: it forgives a different order, and no upper case.)
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from hlsim.wire.eip712 import (
    FieldTypeError,
    address_bytes,
    domain_separator,
    keccak256,
    lower_address,
    typed_digest,
)
from hlsim.wire.recovery import Signature, recover
from hlsim.wire.signature_errors import (
    ExpiryUnsupportedError,
    MalformedActionError,
    NonceMismatchError,
    WrongNetworkError,
)
from hlsim.wire.user_signed import USER_SIGNED

Source = Literal["a", "b"]
# Mainnet and testnet. The SDK signs for the second whatever local URL it is given.
SOURCES: tuple[Source, ...] = ("b", "a")
Uint63 = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
VaultAddress = Annotated[str, msgspec.Meta(pattern="^(0x)?[0-9a-fA-F]{40}$")]

_CHAINS: Mapping[str, Source] = {"Mainnet": "a", "Testnet": "b"}
_AGENT_TYPE = keccak256(b"Agent(string source,bytes32 connectionId)")
_L1_DOMAIN = domain_separator("Exchange", 1337)
_NONCE_BYTES = 8


class Envelope(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of /exchange (§3); ``action`` keeps its keys in the order they came."""

    action: dict[str, object]
    nonce: Uint63
    signature: Signature
    vault_address: VaultAddress | None = None
    expires_after: Uint63 | None = None

    @property
    def kind(self) -> str:
        """The action's ``type``, "" if it has none."""
        kind = self.action.get("type")
        return kind if isinstance(kind, str) else ""

    @property
    def is_user_signed(self) -> bool:
        """Whether only the account's own wallet may sign it, as typed data (§3.2)."""
        return self.kind in USER_SIGNED

    @property
    def vault(self) -> str | None:
        """The vault or sub-account acted for, lower-case and with ``0x``."""
        if self.vault_address is None:
            return None
        return lower_address(self.vault_address)


def connection_id(
    action: object, nonce: int, vault_address: str | None, expires_after: int | None
) -> bytes:
    """Hash an L1 action with what it is bound to (§4).

    Raises MalformedActionError for what no client can have packed.
    """
    try:
        packed = msgspec.msgpack.encode(action)
        parts = [packed, nonce.to_bytes(_NONCE_BYTES, "big")]
        if vault_address is None:
            parts.append(b"\x00")
        else:
            parts += (b"\x01", address_bytes(vault_address))
        if expires_after is not None:
            parts += (b"\x00", expires_after.to_bytes(_NONCE_BYTES, "big"))
    except (OverflowError, RecursionError, TypeError, ValueError) as error:
        raise MalformedActionError(str(error)) from error
    return keccak256(b"".join(parts))


def l1_digest(
    action: object,
    nonce: int,
    vault_address: str | None,
    expires_after: int | None,
    source: Source,
) -> bytes:
    """Return what an L1 action's signer signed, on the network of ``source`` (§4).

    Raises MalformedActionError.
    """
    bound = connection_id(action, nonce, vault_address, expires_after)
    return _agent_digest(bound, source)


def user_signed_digest(action: Mapping[str, object]) -> bytes:
    """Return what a user-signed action's signer signed (§4).

    Raises MalformedActionError for an unknown action, a field missing or of a wrong
    type, or a `signatureChainId` that is no number in hex.
    """
    try:
        signed = USER_SIGNED[str(action.get("type"))]
        separator = _user_domain(str(action.get("signatureChainId")))
        return typed_digest(separator, signed.struct.hash(signed.message(action)))
    except (FieldTypeError, KeyError, ValueError) as error:
        raise MalformedActionError(str(error)) from error


def candidates(
    envelope: Envelope, sources: Iterable[Source] = SOURCES
) -> Iterator[str]:
    """Tell who may have signed, one lower-case address after another.

    An L1 action does not say for which network it was signed, so each of ``sources``
    gives a candidate (recovered when asked for), of which one may be known. A
    user-signed action has exactly one. Raises SigningError, on the first step.
    """
    if envelope.is_user_signed:
        _check_user_signed(envelope, sources)
        yield recover(user_signed_digest(envelope.action), envelope.signature)
        return
    bound = connection_id(
        envelope.action, envelope.nonce, envelope.vault_address, envelope.expires_after
    )
    for source in sources:
        yield recover(_agent_digest(bound, source), envelope.signature)


def _check_user_signed(envelope: Envelope, sources: Iterable[Source]) -> None:
    if envelope.expires_after is not None:
        raise ExpiryUnsupportedError
    if envelope.action.get(USER_SIGNED[envelope.kind].nonce_field) != envelope.nonce:
        raise NonceMismatchError
    source = _CHAINS.get(str(envelope.action.get("hyperliquidChain")))
    if source is None:
        raise MalformedActionError("hyperliquidChain is Mainnet or Testnet")
    if source not in sources:
        raise WrongNetworkError


def _agent_digest(bound: bytes, source: Source) -> bytes:
    return typed_digest(_L1_DOMAIN, keccak256(_agent_prefix(source) + bound))


@lru_cache(maxsize=len(SOURCES))
def _agent_prefix(source: Source) -> bytes:
    return _AGENT_TYPE + keccak256(source.encode())


@lru_cache(maxsize=64)
def _user_domain(chain_id: str) -> bytes:
    return domain_separator("HyperliquidSignTransaction", int(chain_id, 16))
