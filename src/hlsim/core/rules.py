"""What may be ordered, and the exact words for what is refused (§3.4, §6).

The first part needs nothing but the order and its instrument, so that a batch can be
refused for it as a whole (§3.1).
"""

import msgspec

from hlsim.core.numbers import USD, decimal_string, tick_units
from hlsim.core.orders import E8, OrderRequest, Rejected, Status, Trigger
from hlsim.core.universe import Instrument

MIN_NOTIONAL = 10 * USD
_BAND_PCT = 80

ZERO_SIZE = Rejected("Order has zero size.")
BAD_SIZE = Rejected("Order has invalid size.")
BAD_PRICE = Rejected("Order has invalid price.")
BAD_TICK = Rejected("Price must be divisible by tick size.", Status.TICK_REJECTED)
TOO_SMALL = Rejected(
    "Order must have minimum value of $10.", Status.MIN_TRADE_NTL_REJECTED
)
TOO_FAR = Rejected(
    "Order price cannot be more than 80% away from the reference price",
    Status.ORACLE_REJECTED,
)
NO_MARGIN = Rejected("Insufficient margin to place order.", Status.PERP_MARGIN_REJECTED)
ABOVE_TIER = Rejected(
    "Order would cause position to exceed margin tier limit at current leverage",
    Status.PERP_MAX_POSITION_REJECTED,
)
WOULD_INCREASE = Rejected(
    "Reduce only order would increase position.", Status.REDUCE_ONLY_REJECTED
)
NO_MATCH = Rejected(
    "Order could not immediately match against any resting orders.",
    Status.IOC_CANCEL_REJECTED,
)
NO_LIQUIDITY = Rejected(
    "No liquidity available for market order.",
    Status.MARKET_ORDER_NO_LIQUIDITY_REJECTED,
)
BAD_TRIGGER = Rejected("Invalid TP/SL price.", Status.BAD_TRIGGER_PX_REJECTED)
# The words of the real exchange for these are not known to us.
DELISTED = Rejected("Trading is halted.")
TOO_MANY = Rejected("Too many open orders.", Status.TOO_MANY_OPEN_ORDERS_REJECTED)
POST_ONLY_PHASE = Rejected(
    "Only post-only orders allowed immediately after a network upgrade."
)

NEVER_PLACED = "Order was never placed, already canceled, or filled."
CANNOT_MODIFY = "Cannot modify canceled or filled order"


def post_only_crossed(bid: int, ask: int, decimals: int) -> Rejected:
    """Return the refusal of a post-only order that would trade."""
    bbo = f"{_px(bid, decimals)}@{_px(ask, decimals)}"
    return Rejected(
        f"Post only order would have immediately matched, bbo was {bbo}.",
        Status.BAD_ALO_PX_REJECTED,
    )


def _px(units: int, decimals: int) -> str:
    return decimal_string(units, decimals).removesuffix(".0")


class Fitted(msgspec.Struct, frozen=True):
    """An order's prices and size in units, once they fit the grid."""

    px: int
    sz: int
    trigger: Trigger | None


def fit(request: OrderRequest, instrument: Instrument) -> Fitted | Rejected:
    """Bring an order onto the instrument's grid, or say why it is not on it."""
    px = grid_px(request.px_e8, instrument)
    if isinstance(px, Rejected):
        return px
    trigger = None
    if request.trigger is not None:
        trigger_px = grid_px(request.trigger.px_e8, instrument)
        if isinstance(trigger_px, Rejected):
            return trigger_px
        trigger = Trigger(request.trigger.is_market, trigger_px, request.trigger.tpsl)
    lot = 10 ** (E8 - instrument.sz_decimals)
    if request.sz_e8 % lot:
        return BAD_SIZE
    sz = request.sz_e8 // lot
    # A reduce-only order of size 0 closes the whole position: so it did in production.
    if not sz and not request.reduce_only:
        return ZERO_SIZE
    if not request.reduce_only and px * sz < MIN_NOTIONAL:
        return TOO_SMALL
    return Fitted(px, sz, trigger)


def grid_px(px_e8: int, instrument: Instrument) -> int | Rejected:
    """Return a price in units, or why it is no price of the instrument."""
    if px_e8 <= 0:
        return BAD_PRICE
    decimals = instrument.px_decimals
    step: int = 10 ** (E8 - decimals)
    px, rest = divmod(px_e8, step)
    if rest or px % tick_units(px, decimals):
        return BAD_TICK
    return px


def is_too_far(px: int, reference_px: int) -> bool:
    """Tell whether a price lies outside the band around the reference price."""
    return abs(px - reference_px) * 100 > _BAND_PCT * reference_px


def with_asset(text: str, asset_id: int) -> str:
    """Return an order's error as the wire has it."""
    return f"{text} asset={asset_id}"
