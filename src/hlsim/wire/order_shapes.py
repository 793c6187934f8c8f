"""Orders as HyperLiquid writes them: open ones, past ones, and their updates (§2)."""

from collections.abc import Callable, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from hlsim.core.numbers import decimal_string
from hlsim.core.orders import Order, OrderRecord, Tif, Tpsl
from hlsim.core.universe import Universe

NO_TRIGGER = "N/A"
FindOrder = Callable[[int], Order | None]


class WireBasicOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An order in `openOrders` and `orderUpdates`."""

    coin: str
    side: str
    limit_px: str
    sz: str
    oid: int
    timestamp: int
    orig_sz: str
    cloid: str | UnsetType = UNSET
    reduce_only: bool | UnsetType = UNSET


class WireOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An order in `frontendOpenOrders`, `orderStatus` and `historicalOrders`."""

    coin: str
    side: str
    limit_px: str
    sz: str
    oid: int
    timestamp: int
    trigger_condition: str
    is_trigger: bool
    trigger_px: str
    children: "list[WireOrder]"
    is_position_tpsl: bool = msgspec.field(name="isPositionTpsl")
    reduce_only: bool
    order_type: str
    orig_sz: str
    tif: str | None
    cloid: str | None


class WireRecord(msgspec.Struct, frozen=True, rename="camel"):
    """An order with its status and when it got it."""

    order: WireOrder
    status: str
    status_timestamp: int


class WireUpdate(msgspec.Struct, frozen=True, rename="camel"):
    """One element of an `orderUpdates` frame."""

    order: WireBasicOrder
    status: str
    status_timestamp: int


def basic(order: Order, universe: Universe) -> WireBasicOrder:
    """Write an order in its short form."""
    one = universe[order.asset]
    return WireBasicOrder(
        coin=one.name,
        side="B" if order.is_buy else "A",
        limit_px=decimal_string(order.px, one.px_decimals),
        sz=decimal_string(order.sz, one.sz_decimals),
        oid=order.oid,
        timestamp=order.time_ms,
        orig_sz=decimal_string(order.orig_sz, one.sz_decimals),
        cloid=order.cloid or UNSET,
        reduce_only=True if order.reduce_only else UNSET,
    )


def frontend(order: Order, universe: Universe, find: FindOrder) -> WireOrder:
    """Write an order in its long form; ``find`` looks its children up."""
    one = universe[order.asset]
    trigger = order.trigger
    children = [child for oid in order.children if (child := find(oid)) is not None]
    return WireOrder(
        coin=one.name,
        side="B" if order.is_buy else "A",
        limit_px=decimal_string(order.px, one.px_decimals),
        sz=decimal_string(order.sz, one.sz_decimals),
        oid=order.oid,
        timestamp=order.time_ms,
        trigger_condition=_condition(order, universe),
        is_trigger=trigger is not None,
        trigger_px="0.0"
        if trigger is None
        else decimal_string(trigger.px, one.px_decimals),
        children=[frontend(child, universe, find) for child in children],
        is_position_tpsl=order.is_position_tpsl,
        reduce_only=order.reduce_only,
        order_type=_order_type(order),
        orig_sz=decimal_string(order.orig_sz, one.sz_decimals),
        tif=None if order.tif is None else str(order.tif),
        cloid=order.cloid,
    )


def _condition(order: Order, universe: Universe) -> str:
    trigger = order.trigger
    if trigger is None:
        return NO_TRIGGER
    where = "above" if trigger.is_above(is_buy=order.is_buy) else "below"
    px = decimal_string(trigger.px, universe[order.asset].px_decimals)
    return f"Price {where} {px.removesuffix('.0')}"


def _order_type(order: Order) -> str:
    trigger = order.trigger
    if trigger is not None:
        what = "Take Profit" if trigger.tpsl is Tpsl.TP else "Stop"
        return f"{what} {'Market' if trigger.is_market else 'Limit'}"
    if order.twap_id is not None:
        return "Twap Slice"
    if order.tif in (Tif.FRONTEND_MARKET, Tif.LIQUIDATION_MARKET):
        return "Market"
    return "Limit"


def record(one: OrderRecord, universe: Universe, find: FindOrder) -> WireRecord:
    """Write an order's record."""
    order = frontend(one.order, universe, find)
    return WireRecord(order, str(one.status), one.time_ms)


def updates(records: Sequence[OrderRecord], universe: Universe) -> list[WireUpdate]:
    """Write the data of an `orderUpdates` frame."""
    return [
        WireUpdate(basic(one.order, universe), str(one.status), one.time_ms)
        for one in records
    ]
