"""How much is too much: the limits of an account, or of one strategy run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Group:
    """Symbols that move together; their notional counts as one position."""

    symbols: frozenset[str]
    most_notional: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Amounts in USDC, shares of the equity where named so. The defaults are careful.

    ``most_gross`` and ``most_net`` are multiples of the equity, ``price_band`` is how
    far a limit price may be from the market, ``most_price_age_ms`` how old that market
    may be. ``most_daily_loss`` and ``most_drawdown`` are shares of the equity at the
    start of the day (UTC) and of its confirmed peak.
    """

    most_order_notional: Decimal = Decimal(10_000)
    most_day_notional: Decimal = Decimal(200_000)
    most_position_notional: Decimal = Decimal(25_000)
    most_gross: Decimal = Decimal(3)
    most_net: Decimal = Decimal(2)
    price_band: Decimal = Decimal("0.05")
    most_price_age_ms: int = 10_000
    most_account_age_ms: int = 120_000
    most_orders_a_minute: int = 60
    most_daily_loss: Decimal = Decimal("0.05")
    most_drawdown: Decimal = Decimal("0.20")
    least_liquidation_distance: Decimal = Decimal("0.10")
    groups: Mapping[str, Group] = field(default_factory=dict)
