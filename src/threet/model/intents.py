"""The order intent: at most one exchange order, whatever is lost on the way (I1, B2).

An intent is committed with its cloid, its nonce and its expiry before anything is
sent. Whether it landed is then settled by evidence (``resolving``), never by a second
order.
"""

import hashlib
from enum import Enum

import msgspec

from threet.model.errors import InvalidValueError
from threet.model.orders import OrderSpec


class IntentState(Enum):
    """``OPEN`` is everything between the commit and proof, also after a crash."""

    OPEN = "open"
    LANDED = "landed"  # there is, or was, an order of it
    REFUSED = "refused"  # the exchange said no: there never was one
    DEAD = "dead"  # never landed, and never can

    @property
    def is_settled(self) -> bool:
        return self is not IntentState.OPEN


class OrderIntent(msgspec.Struct, frozen=True, kw_only=True):
    """``intent_id`` names a decision and its leg: the same decision again is the same
    intent. ``oid`` is the exchange's number of the order that landed."""

    intent_id: str
    cloid: str
    nonce: int
    expires_ms: int
    spec: OrderSpec
    created_ms: int
    state: IntentState = IntentState.OPEN
    oid: int | None = None
    reason: str = ""


def cloid_of(intent_id: str) -> str:
    """128 bits that follow from the intent: a repetition has the same."""
    return "0x" + hashlib.sha256(intent_id.encode()).hexdigest()[:32]


_NONCE_AHEAD_MS = 86_400_000
# For what is not known of the exchange's time, of which ours may be ten minutes ahead,
# and for those that follow.
_NONCE_MARGIN_MS = 900_000


def next_nonce(last: int, now_ms: int) -> int:
    """Above every one before, and near the time: the exchange keeps the 100 highest
    and wants them within two days back and one ahead (HYPERLIQUID.md 3.3).

    One of a day ahead, or more, it has never taken: a clock was wrong when it was made.
    The next is then the highest that still fits, above all that were taken.
    """
    if last + 1 >= now_ms + _NONCE_AHEAD_MS:
        return now_ms + _NONCE_AHEAD_MS - _NONCE_MARGIN_MS
    return max(now_ms, last + 1)


def prepared(
    intent_id: str, spec: OrderSpec, *, nonce: int, now_ms: int, lives_ms: int
) -> OrderIntent:
    """Ready to be committed; ``lives_ms`` after now it can no longer land."""
    if lives_ms <= 0:
        raise InvalidValueError("lives_ms", "be positive", lives_ms)
    return OrderIntent(
        intent_id=intent_id,
        cloid=cloid_of(intent_id),
        nonce=nonce,
        expires_ms=now_ms + lives_ms,
        spec=spec,
        created_ms=now_ms,
    )
