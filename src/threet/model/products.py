"""Products: what can be traded, where, and by which rules."""

from dataclasses import dataclass
from enum import Enum

from threet.model.errors import InvalidValueError


class ProductType(Enum):
    PERP = "PERP"
    SPOT = "SPOT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One market of one exchange.

    ``symbol`` is the exchange's own name ("BTC", "kPEPE", "xyz:TSLA"), case included;
    everything in 3T is keyed by it. ``pair`` is the field's long name
    ("BTC/USDC:USDC"). ``quantity_decimals`` is None until the exchange's catalogue
    has been read: unknown is not 0.
    """

    exchange: str
    symbol: str
    pair: str
    product_type: ProductType = ProductType.PERP
    max_leverage: int
    quantity_decimals: int | None = None
    is_delisted: bool = False

    def __post_init__(self) -> None:
        if not self.symbol:
            raise InvalidValueError("symbol", "not be empty", self.symbol)
        if self.max_leverage < 1:
            raise InvalidValueError("max_leverage", "be 1 or more", self.max_leverage)
