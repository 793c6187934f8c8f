"""Wanted against actual: what to send next, one product at a time.

Asked again on every event and by a timer: it looks at levels, never at what it did
before, so that a restart, a lost message or a partial fill needs no code of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from threet.execution.rounding import LEAST_NOTIONAL, price_for, size_for, step_of
from threet.model.numbers import ZERO
from threet.model.orders import OrderSpec, Side, TimeInForce

# F44: a builder dex may be gone, or its catalogue out of reach.
NOT_LISTED = "the exchange's catalogue does not have it now: nothing can be sent for it"


class Style(Enum):
    """``MARKET`` takes within a bound, ``PASSIVE`` rests at the best price, ``TWAP``
    takes slice by slice what adds to a position; an exit is not drawn out."""

    MARKET = "market"
    PASSIVE = "passive"
    TWAP = "twap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """``bound`` is how far from the mid price an order may take. ``least_notional`` and
    ``least_share`` of what is wanted are not worth an order, unless it closes. A quote
    is moved after ``requote_ms`` once it is ``requote_steps`` off the best price."""

    style: Style = Style.MARKET
    bound: Decimal = Decimal("0.005")
    least_notional: Decimal = Decimal(15)
    least_share: Decimal = Decimal("0.05")
    requote_ms: int = 3_000
    requote_steps: int = 2
    slices: int = 10
    slice_ms: int = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """An order that rests; ``change`` is what is left of it, signed.

    ``cloid`` is None for an order that 3T did not send, and cannot cancel;
    ``is_stuck``: it did, and no cancel takes it away.
    """

    cloid: str | None
    change: Decimal
    price: Decimal
    age_ms: int
    trigger_price: Decimal | None = None
    is_stuck: bool = False

    @property
    def can_go(self) -> bool:
        return self.cloid is not None and not self.is_stuck

    @property
    def is_protective(self) -> bool:
        return self.trigger_price is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The fresh best prices; whoever asks has judged their age."""

    bid: Decimal
    ask: Decimal

    @property
    def mid(self) -> Decimal:
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One product. ``book`` is None while it is not known.

    ``is_unsettled``: of an order it is not known whether it landed, or of one that did
    what was filled. ``since_last_ms`` is how long ago the last order of this product
    was sent.
    """

    symbol: str
    wanted: Decimal
    position: Decimal
    book: Book | None
    quantity_decimals: int | None
    working: Sequence[Working] = ()
    is_unsettled: bool = False
    since_last_ms: int | None = None

    @property
    def shall_go(self) -> bool:
        """There is a position, and nothing of it is wanted, or its opposite."""
        return self.position != ZERO and self.wanted * self.position <= ZERO


@dataclass(frozen=True, slots=True)
class Place:
    spec: OrderSpec


@dataclass(frozen=True, slots=True)
class Cancel:
    cloid: str


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing is to be sent, for the reason told; ``gate`` names what bars a wish, of
    which whoever asks why is told."""

    because: str
    gate: str = ""


Action = Place | Cancel | Rest


def next_actions(case: Case, manner: Manner) -> Sequence[Action]:
    """Cancels come alone: what they free is reckoned with when they are done."""
    if unknown := _unknown(case):
        return [unknown]
    quotes = [one for one in case.working if not one.is_protective]
    missing = case.wanted - case.position
    if missing * case.position < ZERO:
        # A way out waits for nothing that will not go: it can only reduce (B4).
        quotes = [one for one in quotes if one.can_go]
    if stale := _stale(quotes, missing, case, manner):
        ours = [Cancel(one.cloid) for one in stale if one.cloid is not None]
        return ours or [Rest("an order that is not of 3T works here")]
    left = missing - sum((one.change for one in quotes), ZERO)
    return [_order(left, case.position, case, manner)]


def _unknown(case: Case) -> Rest | None:
    if case.is_unsettled:
        return Rest("an order of it is not settled")
    if case.quantity_decimals is None:
        return Rest(NOT_LISTED, "listed")
    return Rest("there is no fresh price") if case.book is None else None


def _stale(
    quotes: Sequence[Working], missing: Decimal, case: Case, manner: Manner
) -> Sequence[Working]:
    """Quotes of the wrong side, too much of them, or left behind by the market."""
    total = sum((one.change for one in quotes), ZERO)
    if quotes and (total * missing <= ZERO or abs(total) > abs(missing)):
        return quotes
    return [one for one in quotes if _is_behind(one, case, manner)]


def _is_behind(one: Working, case: Case, manner: Manner) -> bool:
    if one.age_ms < manner.requote_ms or case.book is None:
        return False
    best = case.book.bid if one.change > ZERO else case.book.ask
    step = step_of(best, case.quantity_decimals or 0)
    return abs(best - one.price) > manner.requote_steps * step


def _order(left: Decimal, position: Decimal, case: Case, manner: Manner) -> Action:
    """One order at most: a turn of a position is a close, and then an opening."""
    is_exit = position != ZERO and position * left < ZERO
    if is_exit and abs(left) > abs(position):
        left = -position
    # However little: what is left of a position must not bar the way to its opposite.
    is_close = is_exit and case.wanted * position <= ZERO
    if because := "" if is_close else _too_little(left, case, manner):
        return Rest(because)
    if manner.style is Style.TWAP and not is_exit:
        if case.since_last_ms is not None and case.since_last_ms < manner.slice_ms:
            return Rest("the next slice is not due")
        left = _slice(left, case, manner)
    return _placed(left, is_exit, case, manner)


def _too_little(left: Decimal, case: Case, manner: Manner) -> str:
    if left == ZERO or case.book is None:
        return "it is as wanted"
    notional = abs(left) * case.book.mid
    least = max(manner.least_notional, LEAST_NOTIONAL)
    share = manner.least_share * abs(case.wanted) * case.book.mid
    if notional < max(least, share):
        return f"{notional:.2f} USDC are missing, too little for an order"
    return ""


def _slice(left: Decimal, case: Case, manner: Manner) -> Decimal:
    """A part of what is wanted, never so small that it could not be sent."""
    if case.book is None:
        return left
    least = max(manner.least_notional, LEAST_NOTIONAL) / case.book.mid
    size = max(max(abs(case.wanted), abs(left)) / manner.slices, least)
    return left if abs(left) < 2 * size else size.copy_sign(left)


def _placed(left: Decimal, is_exit: bool, case: Case, manner: Manner) -> Action:
    book, decimals = case.book, case.quantity_decimals
    if book is None or decimals is None:
        return Rest("the market is not known")
    side, size = Side.of(left), size_for(left, decimals)
    is_quote = manner.style is Style.PASSIVE
    if is_quote:
        wish = book.bid if side is Side.BUY else book.ask
    else:
        wish = book.mid * (1 + side.sign * manner.bound)
    price = price_for(side, wish, decimals, is_bound=not is_quote)
    if not (size and price):
        return Rest("what is missing rounds to nothing")  # F26
    return Place(
        OrderSpec(
            symbol=case.symbol,
            side=side,
            quantity=size,
            limit_price=price,
            time_in_force=TimeInForce.ALO if is_quote else TimeInForce.IOC,
            reduce_only=is_exit,
        )
    )
