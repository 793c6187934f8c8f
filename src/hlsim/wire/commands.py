"""Translates actions of the wire into commands of the exchange."""

from decimal import Decimal
from functools import singledispatch

from hlsim.core import commands as ask
from hlsim.core.numbers import USD_DECIMALS, finite, parse_units
from hlsim.core.orders import (
    E8,
    Builder,
    Grouping,
    OrderRequest,
    Tif,
    Tpsl,
    TriggerRequest,
)
from hlsim.core.refusal import Refused
from hlsim.core.twap import TwapRequest
from hlsim.core.universe import Universe
from hlsim.wire import actions

# The words of the real exchange for these are not known to us.
BAD_AMOUNT = Refused("Invalid amount")
BAD_RATE = Refused("Invalid max fee rate")
_TENTH_BP_PCT = Decimal("0.001")


class UnknownAssetError(LookupError):
    """An action names an asset id that does not exist."""

    def __init__(self, asset_id: int) -> None:
        self.asset_id = asset_id
        super().__init__(asset_id)

    def __str__(self) -> str:
        return f"there is no asset {self.asset_id}"


class BadAmountError(ValueError):
    """An amount of money or a rate is none; ``refused`` is the wire's answer."""

    def __init__(self, refused: Refused) -> None:
        self.refused = refused
        super().__init__(refused.text)


def e8(text: str) -> int:
    """Read a decimal text as a count of 10**-8.

    What is finer than that is on no instrument's grid; an odd count stands for it.
    """
    whole, _, fraction = text.partition(".")
    units = int(whole + fraction[:E8].ljust(E8, "0"))
    return units | 1 if fraction[E8:].strip("0") else units


def asset_of(universe: Universe, asset_id: int) -> int:
    """Return the asset of a wire id; raises UnknownAssetError."""
    asset = universe.by_id(asset_id)
    if asset is None:
        raise UnknownAssetError(asset_id)
    return asset


def order_request(universe: Universe, one: actions.WireOrderRequest) -> OrderRequest:
    """Translate one order; raises UnknownAssetError."""
    return OrderRequest(
        asset=asset_of(universe, one.a),
        is_buy=one.b,
        px_e8=e8(one.p),
        sz_e8=e8(one.s),
        reduce_only=one.r,
        tif=Tif(one.t.limit.tif) if one.t.limit is not None else None,
        trigger=_trigger(one.t.trigger),
        cloid=one.c.lower() if one.c else None,
    )


def _trigger(one: actions.WireTrigger | None) -> TriggerRequest | None:
    if one is None:
        return None
    return TriggerRequest(one.is_market, e8(one.trigger_px), Tpsl(one.tpsl))


def _usd(text: str) -> int:
    """Read dollars as micro-dollars; raises BadAmountError."""
    try:
        return parse_units(text, USD_DECIMALS)
    except ValueError as error:
        raise BadAmountError(BAD_AMOUNT) from error


def _target(oid: int | str) -> int | str:
    return oid if isinstance(oid, int) else oid.lower()


@singledispatch
def command(action: actions.Action, universe: Universe) -> ask.Command:
    """Return the command that an action is.

    Raises UnknownAssetError and BadAmountError.
    """
    return ask.Unsupported(kind=str(action.__struct_config__.tag))


@command.register
def _(action: actions.OrderAction, universe: Universe) -> ask.Command:
    grouping = action.grouping if isinstance(action.grouping, str) else Grouping.NA
    builder = action.builder
    return ask.PlaceOrders(
        orders=[order_request(universe, one) for one in action.orders],
        grouping=Grouping(grouping),
        builder=None if builder is None else Builder(builder.b.lower(), builder.f),
    )


@command.register
def _(action: actions.CancelAction, universe: Universe) -> ask.Command:
    targets = [(asset_of(universe, one.a), one.o) for one in action.cancels]
    return ask.CancelOrders(targets=targets)


@command.register
def _(action: actions.CancelByCloidAction, universe: Universe) -> ask.Command:
    targets = [
        (asset_of(universe, one.asset), one.cloid.lower()) for one in action.cancels
    ]
    return ask.CancelOrders(targets=targets)


@command.register
def _(action: actions.ModifyAction, universe: Universe) -> ask.Command:
    one = (_target(action.oid), order_request(universe, action.order))
    return ask.ModifyOrders(modifies=[one], is_single=True)


@command.register
def _(action: actions.BatchModifyAction, universe: Universe) -> ask.Command:
    modifies = [
        (_target(one.oid), order_request(universe, one.order))
        for one in action.modifies
    ]
    return ask.ModifyOrders(modifies=modifies)


@command.register
def _(action: actions.ScheduleCancelAction, universe: Universe) -> ask.Command:
    return ask.ScheduleCancel(time_ms=action.time)


@command.register
def _(action: actions.UpdateLeverageAction, universe: Universe) -> ask.Command:
    return ask.UpdateLeverage(
        asset=asset_of(universe, action.asset),
        is_cross=action.is_cross,
        leverage=action.leverage,
    )


@command.register
def _(action: actions.UpdateIsolatedMarginAction, universe: Universe) -> ask.Command:
    asset = asset_of(universe, action.asset)
    return ask.UpdateIsolatedMargin(asset=asset, usd=action.ntli)


@command.register
def _(action: actions.TopUpIsolatedOnlyMarginAction, universe: Universe) -> ask.Command:
    return ask.TopUpIsolatedMargin(
        asset=asset_of(universe, action.asset),
        numerator=e8(action.leverage),
        denominator=10**E8,
    )


@command.register
def _(action: actions.TwapOrderAction, universe: Universe) -> ask.Command:
    one = action.twap
    return ask.PlaceTwap(
        twap=TwapRequest(
            asset=asset_of(universe, one.a),
            is_buy=one.b,
            sz_e8=e8(one.s),
            reduce_only=one.r,
            minutes=one.m,
            randomize=one.t,
        )
    )


@command.register
def _(action: actions.TwapCancelAction, universe: Universe) -> ask.Command:
    return ask.CancelTwap(asset=asset_of(universe, action.a), twap_id=action.t)


@command.register
def _(action: actions.NoopAction, universe: Universe) -> ask.Command:
    return ask.Noop()


@command.register
def _(action: actions.SetReferrerAction, universe: Universe) -> ask.Command:
    return ask.SetReferrer(code=action.code)


@command.register
def _(action: actions.CreateSubAccountAction, universe: Universe) -> ask.Command:
    return ask.CreateSubAccount(name=action.name)


@command.register
def _(action: actions.SubAccountTransferAction, universe: Universe) -> ask.Command:
    return ask.SubAccountTransfer(
        sub_account=action.sub_account_user.lower(),
        is_deposit=action.is_deposit,
        usd=action.usd,
    )


@command.register
def _(action: actions.VaultTransferAction, universe: Universe) -> ask.Command:
    return ask.VaultTransfer(
        vault=action.vault_address.lower(),
        is_deposit=action.is_deposit,
        usd=action.usd,
    )


@command.register
def _(action: actions.ReserveRequestWeightAction, universe: Universe) -> ask.Command:
    return ask.ReserveRequestWeight(requests=action.weight)


@command.register
def _(action: actions.UsdSendAction, universe: Universe) -> ask.Command:
    return ask.SendUsd(destination=action.destination.lower(), usd=_usd(action.amount))


@command.register
def _(action: actions.WithdrawAction, universe: Universe) -> ask.Command:
    return ask.Withdraw(destination=action.destination.lower(), usd=_usd(action.amount))


@command.register
def _(action: actions.UsdClassTransferAction, universe: Universe) -> ask.Command:
    return ask.TransferBetweenClasses(usd=_usd(action.amount), to_perp=action.to_perp)


@command.register
def _(action: actions.SendAssetAction, universe: Universe) -> ask.Command:
    if action.token.partition(":")[0] != "USDC":
        return ask.Unsupported(kind="sendAsset")
    return ask.SendAsset(
        destination=action.destination.lower(),
        source_dex=action.source_dex,
        destination_dex=action.destination_dex,
        usd=_usd(action.amount),
        from_sub_account=action.from_sub_account.lower(),
    )


@command.register
def _(action: actions.ApproveAgentAction, universe: Universe) -> ask.Command:
    address = action.agent_address.lower()
    return ask.ApproveAgent(address=address, name=action.agent_name or "")


@command.register
def _(action: actions.ApproveBuilderFeeAction, universe: Universe) -> ask.Command:
    try:
        pct = finite(action.max_fee_rate.removesuffix("%"))
        tenths, rest = divmod(pct, _TENTH_BP_PCT)
    except (ArithmeticError, ValueError) as error:
        raise BadAmountError(BAD_RATE) from error
    if not action.max_fee_rate.endswith("%") or rest or tenths < 0:
        raise BadAmountError(BAD_RATE)
    return ask.ApproveBuilderFee(builder=action.builder.lower(), tenths_bp=int(tenths))


@command.register
def _(action: actions.UserSetAbstractionAction, universe: Universe) -> ask.Command:
    user = action.user.lower()
    return ask.SetAbstraction(user=user, abstraction=action.abstraction)
