"""Answers to actions, and orders and fills as the exchange reports them.

Shapes: HYPERLIQUID.md 2.1, 2.3, 3.1 and 3.4, and the official SDK's answers.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from threet.model.errors import InvalidValueError
from threet.model.numbers import ZERO, exact
from threet.model.orders import Fill, OrderReport, Side
from threet.ports.order_desk import (
    Accepted,
    Burned,
    NotFound,
    Outcome,
    Refused,
    Unknown,
)

# Words by which the whole request was refused before anything was done (3.4). An error
# that is none of these proves nothing: errors were told of orders that landed (F10).
_PROVEN = (
    "User or API Wallet",
    "L1 error: User or API Wallet",
    "Unable to recover signer",
    "Must deposit before",
    "Too many cumulative requests",
    "Builder fee has not been approved",
    "Action already expired",
    "User has pending agent removal",
    "Action disabled when unified account",
)
_NONCE = "Invalid nonce"
USDC = "USDC"
_DELEVERAGED = "Deleverag"


class WireResting(msgspec.Struct, frozen=True):
    oid: int


class WireFilled(msgspec.Struct, frozen=True, rename="camel"):
    oid: int
    total_sz: str | None = None


class WireStatus(msgspec.Struct, frozen=True):
    """One of them is there."""

    resting: WireResting | None = None
    filled: WireFilled | None = None
    error: str | None = None


class WireStatuses(msgspec.Struct, frozen=True):
    statuses: list[WireStatus | str]


class WireResponse(msgspec.Struct, frozen=True):
    type: str
    data: WireStatuses | None = None


class WireAnswer(msgspec.Struct, frozen=True):
    status: Literal["ok", "err"]
    response: WireResponse | str


class WireOrder(msgspec.Struct, frozen=True, rename="camel"):
    coin: str
    side: Literal["A", "B"]
    limit_px: str
    sz: str
    oid: int
    timestamp: int
    orig_sz: str
    cloid: str | None = None
    reduce_only: bool = False
    is_trigger: bool = False
    trigger_px: str = "0.0"


class WireStatedOrder(msgspec.Struct, frozen=True, rename="camel"):
    order: WireOrder
    status: str
    status_timestamp: int


class WireOrderStatus(msgspec.Struct, frozen=True):
    status: Literal["order", "unknownOid"]
    order: WireStatedOrder | None = None


class WireLiquidation(msgspec.Struct, frozen=True, rename="camel"):
    liquidated_user: str | None = None


class WireFill(msgspec.Struct, frozen=True, rename="camel"):
    coin: str
    px: str
    sz: str
    side: Literal["A", "B"]
    time: int
    start_position: str
    closed_pnl: str
    oid: int
    crossed: bool
    fee: str
    tid: int
    fee_token: str = USDC
    cloid: str | None = None
    liquidation: WireLiquidation | None = None
    dir: str = ""


ANSWER: msgspec.json.Decoder[WireAnswer] = msgspec.json.Decoder(WireAnswer)
ORDER_STATUS: msgspec.json.Decoder[WireOrderStatus] = msgspec.json.Decoder(
    WireOrderStatus
)
ORDERS: msgspec.json.Decoder[list[WireOrder]] = msgspec.json.Decoder(list[WireOrder])
FILLS: msgspec.json.Decoder[list[WireFill]] = msgspec.json.Decoder(list[WireFill])


def outcomes(answer: WireAnswer, count: int) -> Sequence[Outcome]:
    """One for each of ``count`` orders or cancels of an action (F16)."""
    if isinstance(answer.response, str):
        return [_whole(answer)] * count
    data = answer.response.data
    if answer.status != "ok" or data is None or not data.statuses:
        return [Unknown(f"{answer.status} without statuses")] * count
    each = [_outcome(one) for one in data.statuses]
    if len(each) == count:
        return each
    # What the payload alone decides is told once for all of a batch (3.1).
    if len(each) == 1 and isinstance(each[0], Refused):
        return each * count
    return [Unknown(f"{len(each)} statuses for {count}")] * count


def burned(answer: WireAnswer) -> Burned | Unknown:
    if answer.status == "ok":
        # Whatever is inside it besides, an error perhaps, proves nothing (O4).
        is_plain = not isinstance(answer.response, str) and answer.response.data is None
        return Burned.ACCEPTED if is_plain else Unknown("ok with something inside")
    text = str(answer.response)
    return Burned.USED if _NONCE in text else Unknown(text[:200])


def _whole(answer: WireAnswer) -> Outcome:
    text = str(answer.response)[:200]
    if answer.status == "err" and text.startswith(_PROVEN):
        return Refused(text)
    # Of a nonce that was used: by this very order, perhaps, sent twice on the way.
    return Unknown(text)


def _outcome(status: WireStatus | str) -> Outcome:
    if isinstance(status, str):
        # A cancel; or a child that waits for its parent, which has no number yet.
        return Accepted(0) if status == "success" else Unknown(status)
    if status.error is not None:
        return Refused(status.error)
    if status.filled is not None:
        size = status.filled.total_sz
        return Accepted(status.filled.oid, None if size is None else exact("sz", size))
    if status.resting is not None:
        return Accepted(status.resting.oid)
    return Unknown("an empty status")


def done(answer: WireAnswer) -> Outcome:
    """Of an action that answers with no more than that it was done."""
    if answer.status == "ok":
        return Accepted(0)
    return Refused(str(answer.response)[:200])


def report(
    order: WireOrder, status: str = "open", status_ms: int | None = None
) -> OrderReport:
    trigger = exact("triggerPx", order.trigger_px)
    return OrderReport(
        symbol=order.coin,
        oid=order.oid,
        cloid=order.cloid,
        side=_side(order.side),
        quantity=exact("origSz", order.orig_sz),
        remaining=exact("sz", order.sz),
        limit_price=exact("limitPx", order.limit_px),
        status=status,
        status_ms=order.timestamp if status_ms is None else status_ms,
        reduce_only=order.reduce_only,
        trigger_price=trigger if order.is_trigger and trigger != ZERO else None,
    )


def stated(answer: WireOrderStatus, asked_ms: int) -> OrderReport | NotFound:
    if answer.status == "unknownOid":
        return NotFound(asked_ms)
    one = answer.order
    if one is None:
        raise InvalidValueError("orderStatus", "hold an order", answer)
    return report(one.order, one.status, one.status_timestamp)


def fill(one: WireFill, account: str) -> Fill:
    if one.fee_token != USDC:
        raise InvalidValueError("feeToken", "be USDC for a perpetual", one.fee_token)
    return Fill(
        symbol=one.coin,
        tid=one.tid,
        oid=one.oid,
        cloid=one.cloid,
        side=_side(one.side),
        price=exact("px", one.px),
        quantity=exact("sz", one.sz),
        fee=exact("fee", one.fee),
        closed_pnl=exact("closedPnl", one.closed_pnl),
        start_position=exact("startPosition", one.start_position),
        time_ms=one.time,
        is_taker=one.crossed,
        is_liquidation=_is_forced(one, account),
    )


def _is_forced(one: WireFill, account: str) -> bool:
    """The other side of somebody's liquidation has its words in the fill, too."""
    if _DELEVERAGED in one.dir:
        return True
    if one.liquidation is None:
        return False
    user = one.liquidation.liquidated_user
    return user is None or user.lower() == account.lower()


def plain(number: Decimal) -> str:
    """As the exchange writes numbers: no exponent, no zero at the end (F29)."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _side(letter: Literal["A", "B"]) -> Side:
    """A is ask."""
    return Side.SELL if letter == "A" else Side.BUY
