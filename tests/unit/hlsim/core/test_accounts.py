"""Margin arithmetic: documented samples and the identities of the protocol document."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlsim.core.accounts import (
    Account,
    Accounts,
    Position,
    account_state,
    liquidation_px,
)
from hlsim.core.numbers import decimal_text
from hlsim.core.universe import (
    Instrument,
    MarginTable,
    MarginTier,
    Universe,
    flat_table,
)

TIERED = MarginTable(
    56,
    "tiered 40x",
    (MarginTier(Decimal(0), 40), MarginTier(Decimal(150_000_000), 20)),
)
UNIVERSE = Universe(
    (
        Instrument(name="BTC", sz_decimals=5, max_leverage=40, margin_table=TIERED),
        Instrument(
            name="HYPE", sz_decimals=2, max_leverage=10, margin_table=flat_table(10)
        ),
    )
)
USER = "0x" + "a" * 40


def test_the_documented_isolated_sample_is_liquidated_where_the_exchange_says() -> None:
    # Sample of the protocol document (§2.2): 2 HYPE worth 75.652, rawUsd -68.126246,
    # so 7.525754 of margin; the exchange says 35.8559189474.
    margin = Decimal("75.652") - Decimal("68.126246")
    maintenance = Decimal("75.652") / 20
    px = liquidation_px(
        mark_px=Decimal("37.826"),
        szi=Decimal(2),
        margin_available=margin - maintenance,
        max_leverage=10,
    )
    assert px is not None
    assert decimal_text(px, 10) == "35.8559189474"


def test_an_isolated_position_carries_its_own_margin() -> None:
    held = Position(
        asset=1, szi=Decimal(2), entry_px=Decimal(40), leverage=10, is_cross=False
    )
    account = Account(address=USER, funds=Decimal(100), positions=(held,))
    state = account_state(account, UNIVERSE, lambda _: Decimal(41))
    # Margin 2*40/10 = 8 left the cross account; rawUsd = 8 - 80; profit 2.
    (position,) = state.positions
    assert held.isolated_raw_usd == -72
    assert position.margin_used == position.value + held.isolated_raw_usd == 10
    assert state.cross.account_value == 92
    assert state.total.account_value == 102
    assert state.withdrawable == 92
    # Price less free margin a coin: (10 - 82/20) / 2, by one less 1/20.
    assert position.liquidation_px == Decimal(41) - Decimal("5.9") / 2 / Decimal("0.95")


def test_maintenance_is_half_the_margin_at_most_leverage() -> None:
    # Capture of the protocol document (§6).
    assert TIERED.maintenance(Decimal("377667.0")) == Decimal("4720.8375")


def test_maintenance_is_continuous_where_a_tier_begins() -> None:
    bound = Decimal(150_000_000)
    step = TIERED.maintenance(bound + 1) - TIERED.maintenance(bound)
    assert TIERED.maintenance(bound) == bound / 80
    assert step == 1 / Decimal(40)


def test_a_position_that_cannot_be_liquidated_has_no_price() -> None:
    px = liquidation_px(
        mark_px=Decimal(10),
        szi=Decimal(1),
        margin_available=Decimal(1000),
        max_leverage=10,
    )
    assert px is None


sizes = st.decimals("-5", "5", places=2, allow_nan=False).filter(bool)
prices = st.decimals("1", "200", places=2, allow_nan=False)


@given(sizes, sizes, prices, prices, prices, st.booleans())
def test_the_identities_hold_for_any_account(
    btc: Decimal,
    hype: Decimal,
    entry: Decimal,
    btc_mark: Decimal,
    hype_mark: Decimal,
    is_cross: bool,
) -> None:
    held = (
        Position(asset=0, szi=btc, entry_px=entry, leverage=20),
        Position(asset=1, szi=hype, entry_px=entry, leverage=5, is_cross=is_cross),
    )
    account = Account(address=USER, funds=Decimal(5000), positions=held)
    marks = [btc_mark, hype_mark]
    state = account_state(account, UNIVERSE, lambda asset: marks[asset])
    total, near = state.total, Decimal("1e-18")
    signed = sum(p.szi * marks[p.asset] for p in held)
    isolated = sum(p.margin_used for p in state.positions if not p.position.is_cross)
    profit = sum(p.unrealized_pnl for p in state.positions)
    assert abs(total.account_value - (account.funds + profit)) < near
    assert abs(total.account_value - state.cross.account_value - isolated) < near
    assert total.total_raw_usd == total.account_value - signed
    assert total.total_ntl_pos == sum(p.value for p in state.positions)
    free = state.cross.account_value - state.cross.total_margin_used
    assert state.withdrawable == max(free, Decimal(0))


def test_addresses_are_found_in_any_case_and_unknown_ones_are_empty() -> None:
    accounts = Accounts([Account(address=USER.upper().replace("X", "x"))])
    assert accounts.find(USER) is not None
    assert accounts.find("0x" + "b" * 40) is None
    state = account_state(accounts.get("0x"), UNIVERSE, lambda _: Decimal(1))
    assert state.total.account_value == 0
    assert state.positions == ()


def test_an_address_may_be_given_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        Accounts([Account(address=USER), Account(address=USER.upper())])


@pytest.mark.parametrize("change", ["szi", "entry_px", "leverage"])
def test_a_position_without_size_price_or_leverage_is_none(change: str) -> None:
    values = {"szi": Decimal(1), "entry_px": Decimal(1), "leverage": 1, change: 0}
    with pytest.raises(ValueError, match="a position has"):
        Position(asset=0, **values)  # type: ignore[arg-type] # mixed on purpose
