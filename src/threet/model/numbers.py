"""Laws of the numbers that money is made of: exact, finite, of a believable size."""

from decimal import Decimal, InvalidOperation

from threet.model.errors import InvalidValueError

ZERO = Decimal(0)
# Wider than any price, size or volume of the exchange; "1e400" is no number of money.
MAX_MAGNITUDE = Decimal(10) ** 18
MAX_DECIMALS = 18


def exact(name: str, text: str) -> Decimal:
    """Read a wire number without losing a digit; refuse what is not money.

    Refused: NaN, infinity, magnitudes above 10^18, more than 18 decimals.
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise InvalidValueError(name, "be a decimal number", text) from None
    require_believable(name, value)
    return value


def require_believable(name: str, value: Decimal) -> None:
    if not value.is_finite():
        raise InvalidValueError(name, "be finite", value)
    if abs(value) > MAX_MAGNITUDE:
        raise InvalidValueError(name, "be at most 10^18", value)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > MAX_DECIMALS:
        raise InvalidValueError(name, "have at most 18 decimals", value)


def require_positive(name: str, value: Decimal) -> None:
    """Refuse zero, negative numbers, NaN and infinity."""
    if not value.is_finite() or value <= ZERO:
        raise InvalidValueError(name, "be positive and finite", value)


def require_not_negative(name: str, value: Decimal) -> None:
    if not value.is_finite() or value < ZERO:
        raise InvalidValueError(name, "be zero or more and finite", value)
