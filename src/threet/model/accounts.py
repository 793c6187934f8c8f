"""An account as the exchange reports it: balance, margin, positions."""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum

import msgspec

from threet.model.errors import InvalidValueError
from threet.model.numbers import ZERO, require_not_negative
from threet.model.times import require_ms


class MarginMode(Enum):
    CROSS = "cross"
    ISOLATED = "isolated"


class AccountPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position in the exchange's words; ``quantity`` is signed, long > 0.

    ``liquidation_price`` is None where the exchange reports none (it cannot be
    reached). Amounts are in USDC.
    """

    symbol: str
    quantity: Decimal
    entry_price: Decimal
    leverage: int
    margin_mode: MarginMode
    margin_used: Decimal
    position_value: Decimal
    unrealized_pnl: Decimal
    liquidation_price: Decimal | None
    funding_since_open: Decimal

    def __post_init__(self) -> None:
        _require_finite(self)
        if self.quantity == ZERO:
            raise InvalidValueError("quantity", "be finite and not 0", self.quantity)
        require_not_negative("entry_price", self.entry_price)
        require_not_negative("margin_used", self.margin_used)


class AccountState(msgspec.Struct, frozen=True, kw_only=True):
    """One consistent reading of an account at ``account_ms`` (exchange time), in USDC.

    ``account_value`` is equity: cash plus unrealized profit and loss.
    """

    address: str
    account_ms: int
    account_value: Decimal
    total_margin_used: Decimal
    total_notional: Decimal
    withdrawable: Decimal
    maintenance_margin: Decimal
    positions: tuple[AccountPosition, ...]

    def __post_init__(self) -> None:
        require_ms("account_ms", self.account_ms)
        _require_finite(self)
        require_not_negative("total_margin_used", self.total_margin_used)
        symbols = [position.symbol for position in self.positions]
        if len(set(symbols)) != len(symbols):
            raise InvalidValueError("positions", "name each symbol once", symbols)


class AccountPart(msgspec.Struct, frozen=True, kw_only=True):
    """An account of which not every builder dex could be read; ``unread`` says why, by
    dex.

    What it is worth, its margin and what may be withdrawn are not known then: there
    are no such amounts, so that nobody takes those of a part for a loss.
    """

    address: str
    account_ms: int
    positions: tuple[AccountPosition, ...]
    unread: Mapping[str, str]

    def __post_init__(self) -> None:
        require_ms("account_ms", self.account_ms)
        if not self.unread:
            raise InvalidValueError("unread", "name a dex", self.unread)


AccountRead = AccountState | AccountPart


def _require_finite(amounts: AccountPosition | AccountState) -> None:
    for name in amounts.__struct_fields__:
        value = getattr(amounts, name)
        if isinstance(value, Decimal) and not value.is_finite():
            raise InvalidValueError(name, "be finite", value)


class AddressUse(msgspec.Struct, frozen=True, kw_only=True):
    """How many actions an account has sent, and how many it may, as read then.

    Reads count for nothing here; each order and cancel of a batch counts.
    """

    used: int
    cap: int
    read_ms: int

    def __post_init__(self) -> None:
        require_ms("read_ms", self.read_ms)
        if self.used < 0 or self.cap < 0:
            raise InvalidValueError("used, cap", "not be negative", self)
