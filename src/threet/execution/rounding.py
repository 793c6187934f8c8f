"""Prices and sizes the exchange takes (HYPERLIQUID.md 6)."""

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal

from threet.model.numbers import ZERO
from threet.model.orders import Side

_SIGNIFICANT = 5
_PERP_DECIMALS = 6
# Reductions are exempt from it in practice; a guess where it is not stated.
LEAST_NOTIONAL = Decimal(10)


def step_of(price: Decimal, quantity_decimals: int) -> Decimal:
    """The distance between two prices that may be asked for near ``price``: five
    significant figures, at most 6 - szDecimals decimals; whole numbers always."""
    by_figures = price.adjusted() - _SIGNIFICANT + 1
    by_decimals = quantity_decimals - _PERP_DECIMALS
    return Decimal(1).scaleb(min(0, max(by_figures, by_decimals)))


def price_for(
    side: Side, price: Decimal, quantity_decimals: int, *, is_bound: bool
) -> Decimal:
    """The nearest price that may be asked for; 0 where there is none.

    With ``is_bound`` it is the worst price accepted, and is rounded away from the
    market; else a quote, and is rounded so that it does not cross.
    """
    upwards = (side is Side.BUY) is is_bound
    step = step_of(price, quantity_decimals)
    whole = (price / step).to_integral_value(ROUND_CEILING if upwards else ROUND_FLOOR)
    return max(whole * step, ZERO)


def size_for(quantity: Decimal, quantity_decimals: int) -> Decimal:
    """Rounded down, so that nothing larger is ever sent; it may become 0."""
    step = Decimal(1).scaleb(-quantity_decimals)
    return abs(quantity).quantize(step, rounding=ROUND_DOWN)
