"""Column types that keep money exact on both databases."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Dialect, Numeric, String
from sqlalchemy.types import TypeDecorator, TypeEngine

from threet.model.numbers import require_believable

# The model's 18 decimals, and 20 digits before the point for its 10^18. A number the
# model refuses would be rounded by MariaDB without a word, so `exact_text` asks first.
PRECISION = 38
SCALE = 18
_PLAIN_LENGTH = 18
_NOT_PLAIN = frozenset("ENI")  # of 1E+3, NaN and Infinity


def exact_text(value: Decimal) -> str:
    """Plain digits of a finite number; raises ``InvalidValueError`` if they do not fit.

    Texts of at most 18 characters without exponent fit for sure, which spares the
    long look for nearly every price there is.
    """
    text = str(value)
    if len(text) <= _PLAIN_LENGTH and _NOT_PLAIN.isdisjoint(text):
        return text
    require_believable("amount", value)
    return format(value, "f")


class Exact(TypeDecorator[Decimal]):
    """DECIMAL on MariaDB, its digits as text on SQLite; read back without the zeros
    that a fixed scale appends. Not for comparing or ordering in SQL."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(PRECISION + 2))
        return dialect.type_descriptor(Numeric(PRECISION, SCALE))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        return None if value is None else exact_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        # MariaDB's driver decodes with `exact_decimal` itself.
        return exact_decimal(value) if isinstance(value, str) else value


def exact_decimal(text: str) -> Decimal:
    """The number, without the zeros a fixed scale appends to it."""
    return Decimal(text.rstrip("0") if "." in text else text)
