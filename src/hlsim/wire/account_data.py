"""Accounts as HyperLiquid writes them: `clearinghouseState` and its relatives."""

from decimal import Decimal

import msgspec

from hlsim.core.accounts import AccountState, PositionState, Summary
from hlsim.core.numbers import decimal_text

# The exchange writes derived numbers with up to ten decimals.
DERIVED_DECIMALS = 10


class WireSummary(msgspec.Struct, frozen=True, rename="camel"):
    """A margin summary."""

    account_value: str
    total_ntl_pos: str
    total_raw_usd: str
    total_margin_used: str


class WireLeverage(
    msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True
):
    """Leverage of a position; ``raw_usd`` only if it is isolated."""

    kind: str = msgspec.field(name="type")
    value: int
    raw_usd: str | None = None


class WireCumFunding(msgspec.Struct, frozen=True, rename="camel"):
    """Funding paid so far; this floor charges none."""

    all_time: str = "0.0"
    since_open: str = "0.0"
    since_change: str = "0.0"


class WirePosition(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One position."""

    coin: str
    szi: str
    leverage: WireLeverage
    entry_px: str
    position_value: str
    unrealized_pnl: str
    return_on_equity: str
    liquidation_px: str | None
    margin_used: str
    max_leverage: int
    cum_funding: WireCumFunding


class WireAssetPosition(msgspec.Struct, frozen=True):
    """A position with its kind, which is always one-way."""

    position: WirePosition
    kind: str = msgspec.field(name="type", default="oneWay")


class WireAccount(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Answer to `clearinghouseState`."""

    margin_summary: WireSummary
    cross_margin_summary: WireSummary
    cross_maintenance_margin_used: str
    withdrawable: str
    asset_positions: list[WireAssetPosition]
    time: int


def account(state: AccountState, now_ms: int) -> WireAccount:
    """Write an account's state."""
    return WireAccount(
        margin_summary=_summary(state.total),
        cross_margin_summary=_summary(state.cross),
        cross_maintenance_margin_used=decimal_text(state.cross_maintenance),
        withdrawable=decimal_text(state.withdrawable),
        asset_positions=[WireAssetPosition(_position(one)) for one in state.positions],
        time=now_ms,
    )


def _summary(one: Summary) -> WireSummary:
    return WireSummary(
        decimal_text(one.account_value),
        decimal_text(one.total_ntl_pos),
        decimal_text(one.total_raw_usd),
        decimal_text(one.total_margin_used),
    )


def _position(one: PositionState) -> WirePosition:
    held = one.position
    return WirePosition(
        coin=one.instrument.name,
        szi=decimal_text(held.szi, one.instrument.sz_decimals),
        leverage=_leverage(one),
        entry_px=decimal_text(held.entry_px),
        position_value=decimal_text(one.value),
        unrealized_pnl=decimal_text(one.unrealized_pnl),
        return_on_equity=decimal_text(one.return_on_equity, DERIVED_DECIMALS),
        liquidation_px=optional_px(one.liquidation_px),
        margin_used=decimal_text(one.margin_used),
        max_leverage=one.instrument.max_leverage,
        cum_funding=WireCumFunding(),
    )


def _leverage(one: PositionState) -> WireLeverage:
    held = one.position
    if held.is_cross:
        return WireLeverage(kind="cross", value=held.leverage)
    raw = decimal_text(held.isolated_raw_usd)
    return WireLeverage(kind="isolated", value=held.leverage, raw_usd=raw)


def optional_px(px: Decimal | None) -> str | None:
    """Write a derived price, or that there is none."""
    return None if px is None else decimal_text(px, DERIVED_DECIMALS)
