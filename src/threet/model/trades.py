"""Public trades, as the exchange prints them."""

from decimal import Decimal
from enum import Enum

import msgspec

from threet.model.numbers import require_positive
from threet.model.times import require_ms


class Side(Enum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1


class Trade(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One print; ``side`` is the aggressor's.

    Unique by (trade_ms, symbol, trade_id).
    """

    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    trade_ms: int
    trade_id: int

    def __post_init__(self) -> None:
        require_positive("price", self.price)
        require_positive("quantity", self.quantity)
        require_ms("trade_ms", self.trade_ms)
