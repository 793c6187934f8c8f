"""Products: what can be traded, where, and by which rules."""

from dataclasses import dataclass, field
from enum import Enum

from threet.model.errors import InvalidValueError

FIRST_DEX = ""


def dex_of(symbol: str) -> str:
    """The builder dex whose product it is ("xyz" of "xyz:TSLA"), or the first one."""
    return symbol.partition(":")[0] if ":" in symbol else FIRST_DEX


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

    ``asset_id`` is the exchange's number of it, as read a moment ago: it is of no use
    later, is kept nowhere, and makes no product another one. None where it is not known
    now; then nothing is sent. With ``only_isolated`` its margin is never shared.
    """

    exchange: str
    symbol: str
    pair: str
    product_type: ProductType = ProductType.PERP
    max_leverage: int
    quantity_decimals: int | None = None
    is_delisted: bool = False
    asset_id: int | None = field(default=None, compare=False)
    only_isolated: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        if not self.symbol:
            raise InvalidValueError("symbol", "not be empty", self.symbol)
        if self.max_leverage < 1:
            raise InvalidValueError("max_leverage", "be 1 or more", self.max_leverage)
