"""Actions become commands without losing or inventing a digit (§3)."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlsim.core import commands as ask
from hlsim.core.orders import Builder, Grouping, OrderRequest, Tif, Tpsl, TriggerRequest
from hlsim.wire.actions import typed
from hlsim.wire.commands import BadAmountError, UnknownAssetError, command, e8
from tests.unit.hlsim.core.scripted_market import BUILT, COIN, UNIVERSE

ADDRESS = "0x" + "Ab" * 20
ORDER: dict[str, object] = {
    "a": 0,
    "b": True,
    "p": "99.5",
    "s": "1",
    "r": False,
    "t": {"limit": {"tif": "Gtc"}},
}


def translated(**action: object) -> ask.Command:
    return command(typed(action), UNIVERSE)


@given(st.decimals(0, 10**9, places=8))
def test_a_decimal_text_is_counted_exactly_to_its_eighth_place(value: Decimal) -> None:
    assert e8(f"{value:f}") == value.scaleb(8)


@given(st.integers(0, 10**9), st.integers(9, 18))
def test_what_is_finer_than_that_is_odd_and_so_on_no_grid(
    whole: int, places: int
) -> None:
    assert e8(f"{whole}.{'0' * (places - 1)}1") % 2 == 1
    assert e8(f"{whole}.{'0' * places}") == whole * 10**8


def test_an_order_is_translated_field_by_field() -> None:
    trigger = {"isMarket": True, "triggerPx": "98", "tpsl": "sl"}
    stop = {**ORDER, "a": 110_000, "b": False, "r": True, "t": {"trigger": trigger}}
    stop["c"] = "0x" + "AB" * 16
    placed = translated(
        type="order",
        orders=[ORDER, stop],
        grouping="normalTpsl",
        builder={"b": ADDRESS, "f": 10},
    )
    first = OrderRequest(
        asset=COIN, is_buy=True, px_e8=9_950_000_000, sz_e8=10**8, tif=Tif.GTC
    )
    second = OrderRequest(
        asset=BUILT,
        is_buy=False,
        px_e8=9_950_000_000,
        sz_e8=10**8,
        reduce_only=True,
        tif=None,
        trigger=TriggerRequest(True, 9_800_000_000, Tpsl.SL),
        cloid="0x" + "ab" * 16,
    )
    assert placed == ask.PlaceOrders(
        orders=[first, second],
        grouping=Grouping.NORMAL_TPSL,
        builder=Builder(ADDRESS.lower(), 10),
    )
    assert placed.weight == 2


@pytest.mark.parametrize("kind", [{}, {"limit": {"tif": "Fok"}}, {"stop": {}}])
def test_an_order_that_is_neither_limit_nor_trigger_fits_no_type(
    kind: dict[str, object],
) -> None:
    with pytest.raises(msgspec.ValidationError):
        translated(type="order", orders=[{**ORDER, "t": kind}], grouping="na")


@pytest.mark.parametrize("px", ["-1", "1e3", "", ".5", "nan", " 1", "1."])
def test_a_price_that_is_no_plain_decimal_fits_no_type(px: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        translated(type="order", orders=[{**ORDER, "p": px}], grouping="na")


def test_an_asset_that_does_not_exist_is_told() -> None:
    with pytest.raises(UnknownAssetError, match="there is no asset 99"):
        translated(type="cancel", cancels=[{"a": 99, "o": 1}])


def test_cancels_name_an_oid_or_a_client_id() -> None:
    by_oid = translated(type="cancel", cancels=[{"a": 1, "o": 7}])
    cloid = "0x" + "AB" * 16
    by_cloid = translated(type="cancelByCloid", cancels=[{"asset": 1, "cloid": cloid}])
    assert by_oid == ask.CancelOrders(targets=[(1, 7)])
    assert by_cloid == ask.CancelOrders(targets=[(1, cloid.lower())])
    assert by_oid.only_cancels


@pytest.mark.parametrize(
    ("rate", "tenths"), [("0%", 0), ("0.01%", 10), ("0.1%", 100), ("0.001%", 1)]
)
def test_a_builders_rate_is_counted_in_tenths_of_a_basis_point(
    rate: str, tenths: int
) -> None:
    approved = translated(type="approveBuilderFee", builder=ADDRESS, maxFeeRate=rate)
    expected = ask.ApproveBuilderFee(builder=ADDRESS.lower(), tenths_bp=tenths)
    assert approved == expected


@pytest.mark.parametrize("rate", ["0.01", "-0.01%", "0.0001%", "x%", "nan%", "inf%"])
def test_what_is_no_rate_is_refused(rate: str) -> None:
    with pytest.raises(BadAmountError):
        translated(type="approveBuilderFee", builder=ADDRESS, maxFeeRate=rate)


@pytest.mark.parametrize("amount", ["x", "nan", "inf", "0.0000001"])
def test_what_is_no_amount_of_dollars_is_refused(amount: str) -> None:
    with pytest.raises(BadAmountError):
        translated(type="usdSend", destination=ADDRESS, amount=amount)


def test_a_send_names_the_sub_account_that_pays() -> None:
    sent = translated(
        type="sendAsset",
        destination=ADDRESS,
        sourceDex="",
        destinationDex="spot",
        token="USDC",  # noqa: S106 - a coin's name
        amount="1.5",
        fromSubAccount=ADDRESS,
    )
    assert sent == ask.SendAsset(
        destination=ADDRESS.lower(),
        source_dex="",
        destination_dex="spot",
        usd=1_500_000,
        from_sub_account=ADDRESS.lower(),
    )


def test_what_this_exchange_does_not_do_is_named() -> None:
    assert translated(type="tokenDelegate") == ask.Unsupported(kind="tokenDelegate")
