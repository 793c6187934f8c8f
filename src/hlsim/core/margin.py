"""Margin: what an account is worth, what it needs, and where it would be liquidated.

The formulas are the protocol document's (§2.2, §6). Amounts are micro-dollars; where a
requirement is a quotient it is rounded up.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

import msgspec

from hlsim.core.accounts import Account
from hlsim.core.market import Market
from hlsim.core.numbers import USD_DECIMALS
from hlsim.core.positions import Position
from hlsim.core.universe import Instrument, MarginTable, Universe

Marks = Callable[[int], int]
"""The mark price of an asset, at some moment."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A margin summary, over all positions or over the cross ones."""

    account_value: int
    total_ntl_pos: int
    total_raw_usd: int
    total_margin_used: int


class PositionState(msgspec.Struct, frozen=True, kw_only=True):
    """A position valued at the mark price; the liquidation price in dollars."""

    position: Position
    instrument: Instrument
    mark_px: int
    value: int
    unrealized_pnl: int
    margin_used: int
    liquidation_px: Decimal | None


class AccountState(msgspec.Struct, frozen=True, kw_only=True):
    """What `clearinghouseState` tells."""

    total: Summary
    cross: Summary
    cross_maintenance: int
    withdrawable: int
    positions: tuple[PositionState, ...]


def marks_at(market: Market, now_ms: int) -> Marks:
    """Return the mark prices of a moment, each looked up when it is asked for."""
    return lambda asset: market.mark_px(asset, now_ms)


def maintenance(table: MarginTable, notional: int) -> int:
    """Return the maintenance margin of a notional, rounded up.

    Each tier's part of it needs half of the initial margin at the tier's leverage;
    that the parts add up is what the deduction of the document's guess amounts to (§6).
    """
    tiers = table.tiers
    if len(tiers) == 1:
        return -(-notional // (2 * tiers[0].max_leverage))
    total = 0
    for number, tier in enumerate(tiers):
        low = _micro(tier.lower_bound)
        if notional <= low:
            break
        high = notional
        if number + 1 < len(tiers):
            high = min(notional, _micro(tiers[number + 1].lower_bound))
        total += -(-(high - low) // (2 * tier.max_leverage))
    return total


def _micro(dollars: Decimal) -> int:
    return int(dollars.scaleb(USD_DECIMALS))


def leverage_at(table: MarginTable, notional: int) -> int:
    """Return the highest leverage that a notional of this size may have."""
    allowed = [
        one.max_leverage for one in table.tiers if _micro(one.lower_bound) <= notional
    ]
    return allowed[-1]


def position_margin(held: Position, mark_px: int) -> int:
    """Return the margin a position uses: of an isolated one its own equity.

    It is told rounded down, as recorded states show (§2.2).
    """
    if held.is_cross:
        return abs(held.szi) * mark_px // held.leverage
    return held.raw_usd + held.szi * mark_px


def cross_value(account: Account, mark: Marks) -> int:
    """Return cash and cross positions at the marks."""
    return account.raw_usd + sum(
        one.szi * mark(asset)
        for asset, one in account.positions.items()
        if one.is_cross
    )


def cross_maintenance(account: Account, universe: Universe, mark: Marks) -> int:
    """Return what the cross positions need not to be liquidated."""
    return sum(
        maintenance(universe[asset].margin_table, abs(one.szi) * mark(asset))
        for asset, one in account.positions.items()
        if one.is_cross
    )


def required(
    account: Account, asset: int, instrument: Instrument, mark_px: int, extra: int = 0
) -> int:
    """Return the margin a coin binds: its position and what resting orders may open.

    ``extra`` is a signed size that is about to be added. Of an isolated coin only what
    would still have to be paid into its position counts.
    """
    worst = largest(account, asset, extra)
    chosen = account.leverage(asset, instrument)
    if not chosen.is_cross:
        worst = max(worst - abs(account.szi(asset)), 0)
    return -(-worst * mark_px // chosen.value)


def largest(account: Account, asset: int, extra: int = 0) -> int:
    """Return the largest size that resting orders and ``extra`` could lead to."""
    szi = account.szi(asset)
    bought = szi + account.bids.get(asset, 0) + max(extra, 0)
    sold = szi - account.asks.get(asset, 0) + min(extra, 0)
    return max(abs(bought), abs(sold))


def exceeds_tier(
    account: Account, asset: int, instrument: Instrument, mark_px: int, extra: int
) -> bool:
    """Tell whether adding ``extra`` leads to more than the leverage's tier allows.

    A position that the price took there may still be reduced.
    """
    size = largest(account, asset, extra)
    if size <= largest(account, asset):
        return False
    most = leverage_at(instrument.margin_table, size * mark_px)
    return account.leverage(asset, instrument).value > most


def bound(account: Account, universe: Universe, mark: Marks) -> int:
    """Return the margin that all positions and resting orders bind together."""
    assets = account.positions.keys() | account.bids.keys() | account.asks.keys()
    return sum(required(account, one, universe[one], mark(one)) for one in assets)


def available(account: Account, universe: Universe, mark: Marks) -> int:
    """Return what no position and no resting order binds, at least 0."""
    return max(cross_value(account, mark) - bound(account, universe, mark), 0)


def can_add(
    account: Account, universe: Universe, mark: Marks, asset: int, extra: int
) -> bool:
    """Tell whether the account may add a signed size of a coin.

    What binds no more margin than before is always allowed: it is the way out.
    """
    instrument = universe[asset]
    before = required(account, asset, instrument, mark(asset))
    after = required(account, asset, instrument, mark(asset), extra)
    if after <= before:
        return True
    needed = bound(account, universe, mark) - before + after
    return needed <= cross_value(account, mark)


def liquidation_px(
    *,
    mark_px: Decimal,
    szi: Decimal,
    margin_available: Decimal,
    leverage: int,
) -> Decimal | None:
    """Return the price at which the margin is used up; None if there is none (§6).

    All in dollars; ``leverage`` is the most that the position's tier allows.
    """
    side = 1 if szi > 0 else -1
    rate = 1 / Decimal(2 * leverage)
    px = mark_px - side * margin_available / abs(szi) / (1 - rate * side)
    return px if px > 0 else None


def account_state(account: Account, universe: Universe, mark: Marks) -> AccountState:
    """Value an account at the marks."""
    value = cross_value(account, mark)
    needed = cross_maintenance(account, universe, mark)
    states = tuple(
        _position_state(one, universe[asset], mark(asset), value - needed)
        for asset, one in account.positions.items()
    )
    cross_states = [one for one in states if one.position.is_cross]
    cross = _summary(cross_states, value)
    isolated = sum(one.margin_used for one in states if not one.position.is_cross)
    return AccountState(
        total=_summary(states, value + isolated),
        cross=cross,
        cross_maintenance=needed,
        withdrawable=max(value - cross.total_margin_used, 0),
        positions=states,
    )


def _position_state(
    held: Position, instrument: Instrument, mark_px: int, cross_available: int
) -> PositionState:
    value = abs(held.szi) * mark_px
    table = instrument.margin_table
    available = cross_available
    if not held.is_cross:
        available = position_margin(held, mark_px) - maintenance(table, value)
    return PositionState(
        position=held,
        instrument=instrument,
        mark_px=mark_px,
        value=value,
        unrealized_pnl=held.unrealized_pnl(mark_px),
        margin_used=position_margin(held, mark_px),
        liquidation_px=liquidation_px(
            mark_px=Decimal(mark_px).scaleb(-instrument.px_decimals),
            szi=Decimal(held.szi).scaleb(-instrument.sz_decimals),
            margin_available=Decimal(available).scaleb(-USD_DECIMALS),
            leverage=leverage_at(table, value),
        ),
    )


def _summary(states: Iterable[PositionState], value: int) -> Summary:
    held = list(states)
    signed = sum(one.position.szi * one.mark_px for one in held)
    return Summary(
        account_value=value,
        total_ntl_pos=sum(one.value for one in held),
        total_raw_usd=value - signed,
        total_margin_used=sum(one.margin_used for one in held),
    )
