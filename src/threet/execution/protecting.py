"""Protective orders at the exchange: a stop and a profit that outlive this process.

They are native trigger orders that only reduce, of the whole position. A new one is
there before the old one goes, so that no position is bare in between. What stands is
compared anew in each cycle: one that vanished is placed again (O11).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from threet.execution.reconciling import Action, Book, Cancel, Place, Working
from threet.execution.rounding import price_for, size_for
from threet.model.numbers import ZERO
from threet.model.orders import OrderSpec, Side, TimeInForce, Trigger, TriggerKind

# Triggered, it takes whatever there is within this: a stop that does not fill is none.
_SLIPPAGE = Decimal("0.08")
# So near to its liquidation a stop would come too late (F22).
_BEFORE_LIQUIDATION = Decimal("0.005")
_REFUSED_TO_CLOSE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """One position and what shall protect it; ``refused`` counts stops in a row that
    the exchange did not take."""

    symbol: str
    position: Decimal
    stop_loss: Decimal | None
    take_profit: Decimal | None
    book: Book | None
    liquidation: Decimal | None
    quantity_decimals: int | None
    working: Sequence[Working]
    refused: int = 0

    @property
    def protective(self) -> Sequence[Working]:
        return [one for one in self.working if one.is_protective]


@dataclass(frozen=True, slots=True)
class Close:
    """The position must not stand any longer, and why."""

    because: str


def cover_actions(cover: Cover) -> Sequence[Action] | Close:
    """Nothing for what is as it should be."""
    if cover.quantity_decimals is None:
        return []
    if cover.position == ZERO:
        return _cancels(cover.protective)
    wanted = _wanted(cover)
    if isinstance(wanted, Close):
        return wanted
    missing = [one for one in wanted if not _stands(one, cover)]
    if missing:
        return [Place(one) for one in missing]
    kept = [_first(one, cover) for one in wanted]
    return _cancels([one for one in cover.protective if not _is_kept(one, kept)])


def _first(spec: OrderSpec, cover: Cover) -> Working:
    """Of equal ones of ours the oldest, else whatever protects as it does."""
    equal = [one for one in cover.protective if _is_of(one, [spec])]
    return max(equal, key=lambda one: (one.cloid is not None, one.age_ms))


def _is_kept(one: Working, kept: Sequence[Working]) -> bool:
    """A cancel of a cloid that two share might take both."""
    return any(one is other or one.cloid == other.cloid for other in kept)


def _cancels(orders: Sequence[Working]) -> Sequence[Action]:
    """Of a stop that its owner set by hand there is no cloid: it is left alone."""
    return [Cancel(one.cloid) for one in orders if one.cloid is not None]


def _wanted(cover: Cover) -> Sequence[OrderSpec] | Close:
    found = []
    for kind, price in (
        (TriggerKind.STOP_LOSS, _stop(cover)),
        (TriggerKind.TAKE_PROFIT, cover.take_profit),
    ):
        if price is None:
            continue
        if _is_passed(kind, price, cover):
            return Close(f"the {kind.name.lower().replace('_', ' ')} {price} is passed")
        found.append(_spec(kind, price, cover))
    if cover.stop_loss is not None and cover.refused >= _REFUSED_TO_CLOSE:
        return Close(f"the exchange refused its stop {cover.refused} times")
    return [one for one in found if one is not None]


def _stop(cover: Cover) -> Decimal | None:
    """Never beyond where the exchange would liquidate."""
    if cover.stop_loss is None or cover.liquidation is None:
        return cover.stop_loss
    if cover.position > ZERO:
        return max(cover.stop_loss, cover.liquidation * (1 + _BEFORE_LIQUIDATION))
    return min(cover.stop_loss, cover.liquidation * (1 - _BEFORE_LIQUIDATION))


def _is_passed(kind: TriggerKind, price: Decimal, cover: Cover) -> bool:
    if cover.book is None:
        return False
    is_below = (kind is TriggerKind.STOP_LOSS) == (cover.position > ZERO)
    return cover.book.mid <= price if is_below else cover.book.mid >= price


def _spec(kind: TriggerKind, price: Decimal, cover: Cover) -> OrderSpec | None:
    decimals = cover.quantity_decimals or 0
    side = Side.of(-cover.position)
    size = size_for(abs(cover.position), decimals)
    trigger = price_for(side, price, decimals, is_bound=True)
    bound = price * (1 + side.sign * _SLIPPAGE)
    worst = price_for(side, bound, decimals, is_bound=True)
    if not (size and trigger and worst):
        return None
    return OrderSpec(
        symbol=cover.symbol,
        side=side,
        quantity=size,
        limit_price=worst,
        time_in_force=TimeInForce.GTC,
        reduce_only=True,
        trigger=Trigger(kind=kind, price=trigger),
    )


def _stands(spec: OrderSpec, cover: Cover) -> bool:
    return any(_is_of(one, [spec]) for one in cover.protective)


def _is_of(one: Working, wanted: Sequence[OrderSpec]) -> bool:
    return any(
        spec.trigger is not None
        and one.trigger_price == spec.trigger.price
        and one.change == spec.change
        for spec in wanted
    )
