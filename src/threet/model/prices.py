"""Prices, and what may be believed about them."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

import msgspec

from threet.model.numbers import require_positive


class PriceKind(Enum):
    """Which price it is. ``MARK`` values positions, ``ORACLE`` pays funding."""

    MID = "mid"
    BID = "bid"
    ASK = "ask"
    MARK = "mark"
    ORACLE = "oracle"


PriceKey = tuple[str, PriceKind]  # symbol and kind


# Structs, not dataclasses: thousands of these arrive each second.
class PriceChange(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One price of one symbol that differs from the one before it.

    ``quantity`` is what stands at a BID or ASK, None for the other kinds.
    """

    symbol: str
    kind: PriceKind
    price: Decimal
    quantity: Decimal | None = None

    def __post_init__(self) -> None:
        require_positive("price", self.price)
        if self.quantity is not None:
            require_positive("quantity", self.quantity)


class NewestPrice(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The newest price of a kind: what it is, when the exchange said it, when it came.

    ``event_ms`` is None where the wire carries no time (allMids).
    """

    symbol: str
    kind: PriceKind
    price: Decimal
    received_ns: int
    event_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Fresh:
    price: NewestPrice
    age_ms: int


@dataclass(frozen=True, slots=True)
class Stale:
    price: NewestPrice
    age_ms: int


@dataclass(frozen=True, slots=True)
class Missing:
    symbol: str


Quote = Fresh | Stale | Missing
