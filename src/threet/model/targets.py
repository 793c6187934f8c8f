"""What a strategy wants: positions, never orders."""

from decimal import Decimal
from enum import Enum

import msgspec

from threet.model.errors import InvalidValueError
from threet.model.numbers import ZERO, require_positive


class Measure(Enum):
    """In what a target is told: coins, USDC, or a share of the run's equity."""

    QUANTITY = "quantity"
    NOTIONAL = "notional"
    WEIGHT = "weight"


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """The position that is wanted in ``symbol``; negative is short, 0 is out.

    ``stop_loss`` and ``take_profit`` are mark prices at which the exchange itself shall
    close it; they lie on their sides of the market, which is checked where prices are.
    """

    symbol: str
    amount: Decimal
    measure: Measure = Measure.WEIGHT
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None

    def __post_init__(self) -> None:
        if not self.amount.is_finite():
            raise InvalidValueError("amount", "be finite", self.amount)
        for name in ("stop_loss", "take_profit"):
            price = getattr(self, name)
            if price is not None:
                require_positive(name, price)

    @property
    def is_out(self) -> bool:
        return self.amount == ZERO
