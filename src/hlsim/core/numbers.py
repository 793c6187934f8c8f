"""Exact numbers: scaled integers inside, decimal strings on the wire, the tick rule.

A price is an integer count of 10**-(6 - szDecimals), a size one of 10**-szDecimals,
so that price times size always counts millionths of a dollar.
"""

import re
from decimal import ROUND_HALF_EVEN, Decimal

USD_DECIMALS = 6
USD = 1_000_000
RATE_DECIMALS = 10
RATE_SCALE = 10_000_000_000
SIGNIFICANT_FIGURES = 5
_MOST_DIGITS = 40
# Decimal reads more than that: blanks, underscores, digits of other scripts.
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_POWERS: tuple[int, ...] = tuple(10**exponent for exponent in range(9))


def px_decimals(sz_decimals: int) -> int:
    """Return how many decimals a perp's price may have (protocol document, §6)."""
    return USD_DECIMALS - sz_decimals


def decimal_string(units: int, decimals: int) -> str:
    """Write ``units`` * 10**-``decimals`` as the wire does: ``105055.0``."""
    if decimals <= 0:
        return f"{units * 10**-decimals}.0"
    sign = "-" if units < 0 else ""
    digits = str(abs(units)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:].rstrip('0') or '0'}"


def usd_string(micro: int) -> str:
    """Write millionths of a dollar as dollars: ``10.5``."""
    return decimal_string(micro, USD_DECIMALS)


def rate_string(rate: int) -> str:
    """Write a rate, which is counted in 10**-10."""
    return decimal_string(rate, RATE_DECIMALS)


def decimal_text(value: Decimal, places: int = USD_DECIMALS) -> str:
    """Write ``value`` rounded half-even to ``places`` decimals, as the wire does."""
    units = value.scaleb(places).to_integral_value(rounding=ROUND_HALF_EVEN)
    return decimal_string(int(units), places)


def divided(numerator: int, denominator: int) -> int:
    """Return the quotient rounded half-even; the denominator must be positive."""
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and whole & 1):
        return whole + 1
    return whole


def ratio_string(numerator: int, denominator: int, decimals: int) -> str:
    """Write a quotient rounded half-even to ``decimals`` decimals."""
    sign = -1 if denominator < 0 else 1
    scaled = sign * numerator * 10**decimals
    return decimal_string(divided(scaled, abs(denominator)), decimals)


def parse_units(text: str, decimals: int) -> int:
    """Read a decimal string as a count of 10**-``decimals``.

    Raises ValueError for anything that is no finite number or has more decimals.
    """
    try:
        scaled = finite(text).scaleb(decimals)
        whole = int(scaled)
    except (ArithmeticError, ValueError) as error:
        raise ValueError(f"not a number: {text!r}") from error
    if whole != scaled:
        raise ValueError(f"{text} has more than {decimals} decimals")
    return whole


def finite(text: str) -> Decimal:
    """Read a decimal string of a size that amounts have.

    Raises ValueError or ArithmeticError for any other, before it takes long to count.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    value = Decimal(text)
    if not value.is_finite() or value.adjusted() > _MOST_DIGITS:
        raise ValueError(text)
    return value


def tick_units(px_units: int, decimals: int) -> int:
    """Return the distance between valid prices at ``px_units``.

    Five significant figures, but whole numbers are always valid (§6).
    """
    excess = len(str(px_units)) - SIGNIFICANT_FIGURES
    if excess <= 0:
        return 1
    return _POWERS[excess if excess < decimals else decimals]


def floor_to_tick(px_units: int, decimals: int) -> int:
    """Return the highest valid price that is not above ``px_units``."""
    return px_units - px_units % tick_units(px_units, decimals)


def ceil_to_tick(px_units: int, decimals: int) -> int:
    """Return the lowest valid price that is not below ``px_units``."""
    tick = tick_units(px_units, decimals)
    # Rounding up can only reach a power of ten, where the coarser grid begins too.
    return px_units + -px_units % tick
