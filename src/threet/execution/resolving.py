"""Settles what became of an intent: evidence in, the next question out (B2).

What the exchange promises about nonces, `noop` and expiry stands here and nowhere else
(HYPERLIQUID.md 3.2, 3.3): an action of a nonce that was used, or that has expired, has
no effect. The acceptance cards let a user with a key prove it on the real exchange.
"""

from dataclasses import dataclass, replace
from enum import Enum
from functools import singledispatch

import msgspec

from threet.model.intents import IntentState, OrderIntent
from threet.model.orders import OrderPhase
from threet.model.products import FIRST_DEX, dex_of
from threet.ports.order_desk import (
    Accepted,
    Burned,
    Found,
    NotFound,
    NotSent,
    Outcome,
    Refused,
)

# After the expiry nothing lands by the exchange's clock; what landed before may be
# visible a little later.
EXPIRY_MARGIN_MS = 5_000
# The same of an order that had landed when its nonce turned out to be used. Without it
# an expiry by a clock that was ahead would be waited for.
VISIBLE_MS = 20_000


Evidence = Outcome | Found | NotFound | Burned


class Step(Enum):
    LOOK_UP = "look up"  # ask for the order by its cloid
    BURN = "burn"  # send a `noop` with the intent's nonce


@dataclass(frozen=True, slots=True)
class Resolution:
    """The settling of one intent; ``step`` is None once it is settled.

    ``is_spent``: nothing more can come of the nonce. What came of it may still have to
    become visible, until the expiry is past, or for a while since ``looked_ms``, the
    first look after that by the exchange's clock. ``claimed``: the exchange's answer
    said that it has the order, and that has to be seen yet.
    """

    intent: OrderIntent
    step: Step | None
    is_spent: bool = False
    looked_ms: int | None = None
    claimed: bool = False


def begin(intent: OrderIntent) -> Resolution:
    """Where to begin with an intent of which nothing is known, as after a start."""
    return Resolution(intent, None if intent.state.is_settled else Step.LOOK_UP)


def weigh(before: Resolution, evidence: Evidence) -> Resolution:
    """One more piece of evidence; what is settled is not changed by any."""
    if before.intent.state.is_settled:
        return Resolution(before.intent, None)
    return _weigh(evidence, before)


@singledispatch
def _weigh(evidence: Evidence, before: Resolution) -> Resolution:
    """``Unknown`` proves nothing."""
    return before


@_weigh.register
def _(evidence: Accepted, before: Resolution) -> Resolution:
    """On a builder dex orders were lost that the exchange said it had (F43)."""
    if dex_of(before.intent.spec.symbol) != FIRST_DEX:
        return replace(before, claimed=True)
    return _settled(before, IntentState.LANDED, oid=evidence.oid)


@_weigh.register
def _(evidence: Refused, before: Resolution) -> Resolution:
    return _settled(before, IntentState.REFUSED, reason=evidence.reason)


@_weigh.register
def _(evidence: NotSent, before: Resolution) -> Resolution:
    return _settled(before, IntentState.DEAD, reason=evidence.reason)


@_weigh.register
def _(evidence: Found, before: Resolution) -> Resolution:
    report = evidence.report
    if report.phase is OrderPhase.REJECTED:
        return _settled(before, IntentState.REFUSED, reason=report.status)
    return _settled(before, IntentState.LANDED, oid=report.oid)


@_weigh.register
def _(evidence: NotFound, before: Resolution) -> Resolution:
    """Not there is no proof while it may still arrive, or become visible."""
    intent, asked_ms = before.intent, evidence.asked_ms
    is_expired = asked_ms > intent.expires_ms + EXPIRY_MARGIN_MS
    if not before.is_spent:
        if is_expired:
            return _settled(before, IntentState.DEAD, reason="expired")
        return replace(before, step=Step.BURN)
    looked_ms = asked_ms if before.looked_ms is None else before.looked_ms
    if is_expired or asked_ms > looked_ms + VISIBLE_MS:
        return _settled(before, IntentState.REFUSED, reason="used, and no order")
    return replace(before, step=Step.LOOK_UP, looked_ms=looked_ms)


@_weigh.register
def _(evidence: Burned, before: Resolution) -> Resolution:
    if evidence is Burned.ACCEPTED:
        return _settled(before, IntentState.DEAD, reason="its nonce was burned")
    return replace(before, step=Step.LOOK_UP, is_spent=True, looked_ms=None)


def _settled(
    before: Resolution, state: IntentState, *, oid: int | None = None, reason: str = ""
) -> Resolution:
    if before.claimed and state is not IntentState.LANDED:
        reason = f"the exchange said it has the order, and has none: {reason}"
    changed = msgspec.structs.replace(
        before.intent, state=state, oid=oid, reason=reason
    )
    return replace(before, intent=changed, step=None)
