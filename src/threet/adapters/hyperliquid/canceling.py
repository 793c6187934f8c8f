"""Cancels by the exchange's own number: for orders that share a cloid, or have none."""

from collections.abc import Mapping

from threet.adapters.hyperliquid import answers, order_answers
from threet.adapters.hyperliquid.posting import Posting
from threet.adapters.hyperliquid.signing import Signer
from threet.model.errors import ExchangeError
from threet.ports.order_desk import Outcome, Unknown

_NAME = "cancel"


def cancel_by_oid(
    exchange: Posting,
    signer: Signer,
    *,
    asset: int,
    oid: int,
    nonce: int,
    vault: str | None,
) -> Outcome:
    action: Mapping[str, object] = {
        "type": _NAME,
        "cancels": [{"a": asset, "o": oid}],
    }
    envelope = {
        "action": action,
        "nonce": nonce,
        "signature": signer.sign(action, nonce, vault=vault),
        "vaultAddress": vault,
        "expiresAfter": None,
    }
    try:
        body = exchange.ask(_NAME, envelope)
        return answers.read(
            _NAME,
            body,
            order_answers.ANSWER,
            lambda answer: order_answers.outcomes(answer, 1)[0],
        )
    except ExchangeError as error:
        return Unknown(str(error), error)
