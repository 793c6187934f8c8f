"""Accounts as HyperLiquid writes them: `clearinghouseState` and its relatives."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from hlsim.core.margin import AccountState, PositionState, Summary
from hlsim.core.numbers import decimal_string, decimal_text, ratio_string, usd_string
from hlsim.core.positions import FINE

# The exchange writes derived numbers with up to ten decimals.
DERIVED_DECIMALS = 10
ENTRY_DECIMALS = 8


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
    """Funding paid so far; negative if it was received."""

    all_time: str
    since_open: str
    since_change: str


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


def account(
    state: AccountState, funding_paid: Mapping[int, int], now_ms: int
) -> WireAccount:
    """Write an account's state; ``funding_paid`` by asset, of all time."""
    return WireAccount(
        margin_summary=_summary(state.total),
        cross_margin_summary=_summary(state.cross),
        cross_maintenance_margin_used=usd_string(state.cross_maintenance),
        withdrawable=usd_string(state.withdrawable),
        asset_positions=[
            WireAssetPosition(_position(one, funding_paid)) for one in state.positions
        ],
        time=now_ms,
    )


def _summary(one: Summary) -> WireSummary:
    return WireSummary(
        usd_string(one.account_value),
        usd_string(one.total_ntl_pos),
        usd_string(one.total_raw_usd),
        usd_string(one.total_margin_used),
    )


def _position(one: PositionState, funding_paid: Mapping[int, int]) -> WirePosition:
    held, instrument = one.position, one.instrument
    # Cost is in micro-dollars, which is a price unit for each unit of size.
    entry_scale = 10**instrument.px_decimals
    return WirePosition(
        coin=instrument.name,
        szi=decimal_string(held.szi, instrument.sz_decimals),
        leverage=_leverage(one),
        entry_px=ratio_string(
            held.fine_cost, held.szi * entry_scale * FINE, ENTRY_DECIMALS
        ),
        position_value=usd_string(one.value),
        unrealized_pnl=usd_string(one.unrealized_pnl),
        return_on_equity=ratio_string(
            one.unrealized_pnl * held.leverage, abs(held.cost), DERIVED_DECIMALS
        ),
        liquidation_px=optional_px(one.liquidation_px),
        margin_used=usd_string(one.margin_used),
        max_leverage=instrument.max_leverage,
        cum_funding=WireCumFunding(
            usd_string(funding_paid.get(held.asset, 0)),
            usd_string(held.funding.since_open),
            usd_string(held.funding.since_change),
        ),
    )


def _leverage(one: PositionState) -> WireLeverage:
    held = one.position
    if held.is_cross:
        return WireLeverage(kind="cross", value=held.leverage)
    raw = usd_string(held.raw_usd)
    return WireLeverage(kind="isolated", value=held.leverage, raw_usd=raw)


def optional_px(px: Decimal | None) -> str | None:
    """Write a derived price, or that there is none."""
    return None if px is None else decimal_text(px, DERIVED_DECIMALS)
