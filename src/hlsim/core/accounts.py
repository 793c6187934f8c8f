"""Accounts: cash and positions of one user on one dex, in exact micro-dollars.

Cash is kept as the wire tells it: ``raw_usd`` is what is left after everything that was
bought was paid for, so that every trade moves equal and opposite integers and the sum
over all accounts never changes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from hlsim.core.positions import CumulativeFunding, Direction, Position, direction
from hlsim.core.universe import FIRST_DEX, Instrument

DEFAULT_LEVERAGE = 20


class Leverage(msgspec.Struct, frozen=True):
    """What an account chose for a coin."""

    value: int
    is_cross: bool


def default_leverage(instrument: Instrument) -> Leverage:
    """Return what an account has that never chose: 20, cross where it is allowed."""
    value = min(DEFAULT_LEVERAGE, instrument.max_leverage)
    return Leverage(value, not instrument.only_isolated)


class Effect(msgspec.Struct, frozen=True):
    """What a fill did: size before it, what it is called, profit of what it closed."""

    start_szi: int
    dir: Direction
    closed_pnl: int


@dataclass(slots=True)
class Account:
    """One user's cash, positions, leverages and size in resting orders on one dex.

    A house account belongs to the exchange's own participants: it pays no fees, needs
    no margin and keeps no history.
    """

    user: str
    dex: str = FIRST_DEX
    is_house: bool = False
    raw_usd: int = 0
    positions: dict[int, Position] = field(default_factory=dict)
    leverages: dict[int, Leverage] = field(default_factory=dict)
    bids: dict[int, int] = field(default_factory=dict)
    asks: dict[int, int] = field(default_factory=dict)
    funding_paid: dict[int, int] = field(default_factory=dict)

    def leverage(self, asset: int, instrument: Instrument) -> Leverage:
        """Return a position's leverage, or what the next order of a coin will have."""
        held = self.positions.get(asset)
        if held is not None:
            return Leverage(held.leverage, held.is_cross)
        return self.leverages.get(asset) or default_leverage(instrument)

    def szi(self, asset: int) -> int:
        """Return the signed size held of a coin."""
        held = self.positions.get(asset)
        return held.szi if held is not None else 0

    def rest(self, asset: int, change: int, *, is_buy: bool) -> None:
        """Count ``change`` more (or less) size in resting orders that may open."""
        side = self.bids if is_buy else self.asks
        size = side.get(asset, 0) + change
        if size:
            side[asset] = size
        else:
            del side[asset]

    def trade(self, asset: int, change: int, px: int, leverage: Leverage) -> Effect:
        """Buy (or sell, if negative) ``change`` at ``px``."""
        held = self.positions.get(asset)
        if held is None:
            held = Position(
                asset=asset, leverage=leverage.value, is_cross=leverage.is_cross
            )
            self.positions[asset] = held
        start = held.szi
        closing = 0
        if start * change < 0:
            closing = -start if abs(change) > abs(start) else change
        pnl = self._close(held, closing, px) if closing else 0
        if change != closing:
            if closing:
                held.funding = CumulativeFunding()
            self._open(held, change - closing, px)
        if not held.szi:
            del self.positions[asset]
        return Effect(start, direction(start, change), pnl)

    def _close(self, held: Position, change: int, px: int) -> int:
        if held.is_cross:
            self.raw_usd -= change * px
        else:
            # The part of the position's equity that is closed leaves with it.
            equity = held.raw_usd + held.szi * px
            released = equity * abs(change) // abs(held.szi)
            held.raw_usd -= change * px + released
            self.raw_usd += released
        pnl = held.reduce(change, px)
        if not held.szi:
            self.raw_usd += held.raw_usd
            held.raw_usd = held.cost = 0
        return pnl

    def _open(self, held: Position, change: int, px: int) -> None:
        held.increase(change, px)
        if held.is_cross:
            self.raw_usd -= change * px
            return
        margin = -(-abs(change) * px // held.leverage)
        held.raw_usd += margin - change * px
        self.raw_usd -= margin

    @property
    def cash(self) -> int:
        """All cash, that inside isolated positions included."""
        return self.raw_usd + sum(one.raw_usd for one in self.positions.values())


class Accounts:
    """All accounts, by user (in lower case) and dex."""

    def __init__(self, house: Iterable[str] = ()) -> None:
        """Begin with the empty accounts of the exchange's own participants."""
        self._accounts: dict[tuple[str, str], Account] = {}
        self._house = frozenset(house)

    def find(self, user: str, dex: str = FIRST_DEX) -> Account | None:
        """Return an account, None if it never was used."""
        return self._accounts.get((user, dex))

    def get(self, user: str, dex: str = FIRST_DEX) -> Account:
        """Return an account, made when it is first used."""
        account = self._accounts.get((user, dex))
        if account is None:
            account = Account(user, dex, is_house=user in self._house)
            self._accounts[user, dex] = account
        return account

    def __iter__(self) -> Iterator[Account]:
        return iter(list(self._accounts.values()))

    @property
    def traders(self) -> list[Account]:
        """All but the house's accounts."""
        return [one for one in self._accounts.values() if not one.is_house]

    @property
    def cash(self) -> int:
        """The sum of all cash, which only deposits and withdrawals change."""
        return sum(one.cash for one in self._accounts.values())
