"""/exchange: from a signed body to what is answered, and done."""

from collections.abc import Sequence

import msgspec

from hlsim.core.exchange import Exchange
from hlsim.core.gate import Asking
from hlsim.wire import results
from hlsim.wire.actions import typed
from hlsim.wire.commands import BadAmountError, UnknownAssetError, command
from hlsim.wire.decoding import decode
from hlsim.wire.results import Answer
from hlsim.wire.signature_errors import MalformedActionError, RefusedSignatureError
from hlsim.wire.signing import SOURCES, Envelope, Source, candidates

_DECODER = msgspec.json.Decoder(Envelope)


class _Batch(msgspec.Struct, frozen=True):
    orders: list[msgspec.Raw] = []
    cancels: list[msgspec.Raw] = []
    modifies: list[msgspec.Raw] = []


class _Batched(msgspec.Struct, frozen=True):
    action: _Batch


_BATCHED = msgspec.json.Decoder(_Batched)


def batch_length(body: bytes) -> int:
    """Return how many orders, cancels or modifies a body carries, which it weighs.

    A body that cannot be read carries none.
    """
    try:
        action = decode(_BATCHED, body).action
    except msgspec.DecodeError:
        return 0
    return len(action.orders) + len(action.cancels) + len(action.modifies)


def decode_envelope(body: bytes) -> Envelope:
    """Read a signed request; raises msgspec.ValidationError or msgspec.DecodeError."""
    return decode(_DECODER, body)


def execute(
    exchange: Exchange,
    envelope: Envelope,
    now_ms: int,
    *,
    skew_ms: int = 0,
    sources: Sequence[Source] = SOURCES,
) -> Answer:
    """Carry a signed action out and return the answer.

    Nonce and expiry are judged ``skew_ms`` later than everything else. Raises
    msgspec.ValidationError for an action that fits no type.
    """
    action = typed(envelope.action)
    try:
        wish = command(action, exchange.universe)
        asking = Asking(
            signers=candidates(envelope, sources),
            nonce=envelope.nonce,
            vault=envelope.vault,
            expires_after=envelope.expires_after,
            is_user_signed=envelope.is_user_signed,
        )
        result = exchange.ask(asking, wish, now_ms, skew_ms=skew_ms)
    except (MalformedActionError, UnknownAssetError) as error:
        # The real exchange cannot read an asset it does not have either (§1.2).
        raise msgspec.ValidationError(str(error)) from error
    except RefusedSignatureError as error:
        return results.refused(str(error))
    except BadAmountError as error:
        return results.refused(error.refused.text)
    return results.answer(result, wish, exchange.universe)


def account_of(
    exchange: Exchange, envelope: Envelope, sources: Sequence[Source] = SOURCES
) -> str:
    """Return whose account a signed action would change; raises SigningError."""
    if envelope.vault is not None:
        return envelope.vault
    identities, now_ms = exchange.identities, exchange.now_ms
    signer = identities.first_known(candidates(envelope, sources), now_ms)
    return identities.role(signer, now_ms).master or signer
