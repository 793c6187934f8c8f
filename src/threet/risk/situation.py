"""What is known when risk is judged; None is unknown, and never 0 (B4)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from threet.model.numbers import ZERO
from threet.model.orders import OrderReport, Side


@dataclass(frozen=True, slots=True)
class Seen:
    """A number, and how old it is."""

    value: Decimal
    age_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """``positions`` are signed, by symbol; ``working`` is what the open orders of a
    symbol may add to its position, at the worst: [bought, sold], both 0 or more.

    ``peak_equity`` and ``day_equity`` are confirmed readings. ``is_synced``: orders,
    fills and positions of the account agree with the exchange's. ``unread`` names
    builder dexes of which that cannot be told.
    """

    equity: Seen | None = None
    peak_equity: Decimal | None = None
    day_equity: Decimal | None = None
    positions: Mapping[str, Decimal] | None = None
    working: Mapping[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    prices: Mapping[str, Seen] = field(default_factory=dict)
    liquidation_prices: Mapping[str, Decimal] = field(default_factory=dict)
    orders_last_minute: int = 0
    notional_today: Decimal = ZERO
    delisted: Collection[str] = ()
    is_synced: bool = True
    unread: Collection[str] = ()
    skew_ms: int = 0  # of the exchange's clock, from ours
    is_post_only: bool = False
    halted: str = ""  # why no new risk is taken

    def position(self, symbol: str) -> Decimal | None:
        return None if self.positions is None else self.positions.get(symbol, ZERO)

    def worst(self, symbol: str, change: Decimal) -> Decimal | None:
        """The largest position there may be once an order of ``change`` and all that
        works on its side are filled."""
        position = self.position(symbol)
        if position is None:
            return None
        bought, sold = self.working.get(symbol, (ZERO, ZERO))
        return position + change + (bought if change > ZERO else -sold)

    def largest(self, symbol: str, change: Decimal = ZERO) -> Decimal:
        """With all that works on one side, whichever makes it larger; of a position
        that is known."""
        position = (self.position(symbol) or ZERO) + change
        bought, sold = self.working.get(symbol, (ZERO, ZERO))
        return max(position + bought, position - sold, key=abs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An order that is thought of: ``change`` is signed, ``price`` its limit.

    ``only_reduces``: the exchange lets it do nothing else, whatever is known here.
    """

    symbol: str
    change: Decimal
    price: Decimal
    only_reduces: bool = False

    @property
    def notional(self) -> Decimal:
        return abs(self.change) * self.price

    def is_exit(self, situation: Situation) -> bool:
        """It only makes the position smaller, whatever else that works is filled."""
        if self.only_reduces:
            return True
        position = situation.position(self.symbol)
        worst = situation.worst(self.symbol, self.change)
        if position is None or worst is None or position * self.change >= ZERO:
            return False
        return worst * position >= ZERO


def working_of(orders: Iterable[OrderReport]) -> dict[str, tuple[Decimal, Decimal]]:
    """Bought and sold at the worst; a stop that only reduces adds to no position."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for one in orders:
        if one.reduce_only:
            continue
        bought, sold = found.get(one.symbol, (ZERO, ZERO))
        if one.side is Side.BUY:
            found[one.symbol] = (bought + one.remaining, sold)
        else:
            found[one.symbol] = (bought, sold + one.remaining)
    return found
