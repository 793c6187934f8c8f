"""Accounts and their margin: the formulas of the protocol document (§2.2, §6), exact.

All amounts are dollars as Decimal; nothing is rounded before it is written.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from hlsim.core.universe import Instrument, Universe

ZERO = Decimal(0)
DEFAULT_LEVERAGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A signed size ``szi`` bought or sold at ``entry_px``."""

    asset: int
    szi: Decimal
    entry_px: Decimal
    leverage: int
    is_cross: bool = True

    def __post_init__(self) -> None:
        if not self.szi or not self.entry_px > 0 or self.leverage < 1:
            raise ValueError("a position has a size, an entry price and a leverage")

    @property
    def isolated_raw_usd(self) -> Decimal:
        """Cash inside an isolated position: its first margin less what it cost."""
        margin = abs(self.szi) * self.entry_px / self.leverage
        return margin - self.szi * self.entry_px


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Deposited dollars and the positions that were opened with them."""

    address: str
    funds: Decimal = ZERO
    positions: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A margin summary, over all positions or over the cross ones."""

    account_value: Decimal
    total_ntl_pos: Decimal
    total_raw_usd: Decimal
    total_margin_used: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionState:
    """A position valued at the mark price."""

    position: Position
    instrument: Instrument
    mark_px: Decimal
    liquidation_px: Decimal | None

    @property
    def value(self) -> Decimal:
        """Notional: size times mark, never negative."""
        return abs(self.position.szi) * self.mark_px

    @property
    def unrealized_pnl(self) -> Decimal:
        """What closing at the mark would bring."""
        return self.position.szi * (self.mark_px - self.position.entry_px)

    @property
    def margin_used(self) -> Decimal:
        """Notional by leverage; of an isolated position its own equity."""
        if self.position.is_cross:
            return self.value / self.position.leverage
        return self.position.isolated_raw_usd + self.position.szi * self.mark_px

    @property
    def return_on_equity(self) -> Decimal:
        """Profit over the margin at entry."""
        cost = abs(self.position.szi) * self.position.entry_px
        return self.unrealized_pnl * self.position.leverage / cost


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """What `clearinghouseState` tells."""

    total: Summary
    cross: Summary
    cross_maintenance: Decimal
    withdrawable: Decimal
    positions: tuple[PositionState, ...]


class Accounts:
    """The accounts that exist, by lower-case address."""

    def __init__(self, accounts: Iterable[Account] = ()) -> None:
        """Raises ValueError if two have the same address."""
        self._accounts: dict[str, Account] = {}
        for account in accounts:
            key = account.address.lower()
            if key in self._accounts:
                raise ValueError(f"account {key} is given twice")
            self._accounts[key] = account

    def find(self, address: str) -> Account | None:
        """Return the account of ``address``, None if it never was funded."""
        return self._accounts.get(address.lower())

    def get(self, address: str) -> Account:
        """Return the account of ``address``; an unknown one is an empty one."""
        return self.find(address) or Account(address=address)


def liquidation_px(
    *,
    mark_px: Decimal,
    szi: Decimal,
    margin_available: Decimal,
    max_leverage: int,
) -> Decimal | None:
    """Return the price at which the margin is used up; None if there is none (§6)."""
    side = 1 if szi > 0 else -1
    maintenance = 1 / Decimal(2 * max_leverage)
    px = mark_px - side * margin_available / abs(szi) / (1 - maintenance * side)
    return px if px > 0 else None


def account_state(
    account: Account, universe: Universe, mark_px: Callable[[int], Decimal]
) -> AccountState:
    """Value an account at the given marks."""
    marks = {one.asset: mark_px(one.asset) for one in account.positions}
    cross = [one for one in account.positions if one.is_cross]
    isolated = [one for one in account.positions if not one.is_cross]
    locked = sum(
        (one.isolated_raw_usd + one.szi * one.entry_px for one in isolated), ZERO
    )
    value = account.funds - locked
    value += sum((one.szi * (marks[one.asset] - one.entry_px) for one in cross), ZERO)
    maintenance = sum(
        (_maintenance(one, universe, marks[one.asset]) for one in cross), ZERO
    )
    states = tuple(
        _position_state(one, universe, marks[one.asset], value - maintenance)
        for one in account.positions
    )
    cross_states = [one for one in states if one.position.is_cross]
    extra = sum((one.margin_used for one in states if not one.position.is_cross), ZERO)
    summary = _summary(cross_states, value)
    return AccountState(
        total=_summary(states, value + extra),
        cross=summary,
        cross_maintenance=maintenance,
        withdrawable=max(summary.account_value - summary.total_margin_used, ZERO),
        positions=states,
    )


def _maintenance(position: Position, universe: Universe, mark: Decimal) -> Decimal:
    table = universe[position.asset].margin_table
    return table.maintenance(abs(position.szi) * mark)


def _position_state(
    position: Position, universe: Universe, mark: Decimal, cross_available: Decimal
) -> PositionState:
    instrument = universe[position.asset]
    available = cross_available
    if not position.is_cross:
        equity = position.isolated_raw_usd + position.szi * mark
        available = equity - _maintenance(position, universe, mark)
    return PositionState(
        position=position,
        instrument=instrument,
        mark_px=mark,
        liquidation_px=liquidation_px(
            mark_px=mark,
            szi=position.szi,
            margin_available=available,
            max_leverage=instrument.max_leverage,
        ),
    )


def _summary(states: Iterable[PositionState], value: Decimal) -> Summary:
    held = list(states)
    signed = sum((one.position.szi * one.mark_px for one in held), ZERO)
    return Summary(
        account_value=value,
        total_ntl_pos=sum((one.value for one in held), ZERO),
        total_raw_usd=value - signed,
        total_margin_used=sum((one.margin_used for one in held), ZERO),
    )
