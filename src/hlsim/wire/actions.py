"""Actions of /exchange as they come: typed, and translated into commands (§3).

An action that fits none of these is a ValidationError, which the endpoint answers with
422, as the real exchange does.
"""

from typing import Annotated, Literal

import msgspec

from hlsim.wire.requests import Address

DecimalText = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9]{1,18}(\.[0-9]{1,18})?$", max_length=40)
]
Cloid = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{32}$")]
Oid = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
AssetId = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
Micro = Annotated[int, msgspec.Meta(ge=-(2**63) + 1, le=2**63 - 1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Action(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", rename="camel"
):
    """Base of all actions."""


class WireLimit(msgspec.Struct, frozen=True):
    tif: Literal["Gtc", "Ioc", "Alo", "FrontendMarket"]


class WireTrigger(msgspec.Struct, frozen=True, rename="camel"):
    is_market: bool
    trigger_px: DecimalText
    tpsl: Literal["tp", "sl"]


class WireOrderType(msgspec.Struct, frozen=True):
    """Exactly one of both."""

    limit: WireLimit | None = None
    trigger: WireTrigger | None = None

    def __post_init__(self) -> None:
        if (self.limit is None) == (self.trigger is None):
            raise ValueError("an order is either a limit or a trigger order")


class WireOrderRequest(msgspec.Struct, frozen=True):
    """One order: asset, is buy, price, size, reduce only, type, client id."""

    a: AssetId
    b: bool
    p: DecimalText
    s: DecimalText
    r: bool
    t: WireOrderType
    c: Cloid | None = None


class WireBuilder(msgspec.Struct, frozen=True):
    b: Address
    f: Count


class PriorityRate(msgspec.Struct, frozen=True):
    """A grouping that buys priority; here it buys nothing."""

    p: Count


class OrderAction(Action, frozen=True, tag="order"):
    orders: list[WireOrderRequest]
    grouping: Literal["na", "normalTpsl", "positionTpsl"] | PriorityRate
    builder: WireBuilder | None = None


class WireCancel(msgspec.Struct, frozen=True):
    a: AssetId
    o: Oid


class CancelAction(Action, frozen=True, tag="cancel"):
    cancels: list[WireCancel]


class WireCloidCancel(msgspec.Struct, frozen=True):
    asset: AssetId
    cloid: Cloid


class CancelByCloidAction(Action, frozen=True, tag="cancelByCloid"):
    cancels: list[WireCloidCancel]


class WireModify(msgspec.Struct, frozen=True):
    oid: Oid | Cloid
    order: WireOrderRequest


class ModifyAction(Action, frozen=True, tag="modify"):
    oid: Oid | Cloid
    order: WireOrderRequest


class BatchModifyAction(Action, frozen=True, tag="batchModify"):
    modifies: list[WireModify]


class ScheduleCancelAction(Action, frozen=True, tag="scheduleCancel"):
    time: Oid | None = None


class UpdateLeverageAction(Action, frozen=True, tag="updateLeverage"):
    asset: AssetId
    is_cross: bool
    leverage: int


class UpdateIsolatedMarginAction(Action, frozen=True, tag="updateIsolatedMargin"):
    asset: AssetId
    is_buy: bool
    ntli: Micro


class TopUpIsolatedOnlyMarginAction(Action, frozen=True, tag="topUpIsolatedOnlyMargin"):
    asset: AssetId
    leverage: DecimalText


class WireTwap(msgspec.Struct, frozen=True):
    """One TWAP: asset, is buy, size, reduce only, minutes, randomize."""

    a: AssetId
    b: bool
    s: DecimalText
    r: bool
    m: int
    t: bool


class TwapOrderAction(Action, frozen=True, tag="twapOrder"):
    twap: WireTwap


class TwapCancelAction(Action, frozen=True, tag="twapCancel"):
    a: AssetId
    t: Oid


class NoopAction(Action, frozen=True, tag="noop"): ...


class SetReferrerAction(Action, frozen=True, tag="setReferrer"):
    code: str


class CreateSubAccountAction(Action, frozen=True, tag="createSubAccount"):
    name: str


class SubAccountTransferAction(Action, frozen=True, tag="subAccountTransfer"):
    sub_account_user: Address
    is_deposit: bool
    usd: Micro


class VaultTransferAction(Action, frozen=True, tag="vaultTransfer"):
    vault_address: Address
    is_deposit: bool
    usd: Micro


class ReserveRequestWeightAction(Action, frozen=True, tag="reserveRequestWeight"):
    weight: Count


class UsdSendAction(Action, frozen=True, tag="usdSend"):
    destination: Address
    amount: str


class WithdrawAction(Action, frozen=True, tag="withdraw3"):
    destination: Address
    amount: str


class UsdClassTransferAction(Action, frozen=True, tag="usdClassTransfer"):
    amount: str
    to_perp: bool


class SendAssetAction(Action, frozen=True, tag="sendAsset"):
    destination: Address
    source_dex: str
    destination_dex: str
    token: str
    amount: str
    from_sub_account: str = ""


class ApproveAgentAction(Action, frozen=True, tag="approveAgent"):
    agent_address: Address
    agent_name: str | None = None


class ApproveBuilderFeeAction(Action, frozen=True, tag="approveBuilderFee"):
    builder: Address
    max_fee_rate: str


class UserSetAbstractionAction(Action, frozen=True, tag="userSetAbstraction"):
    user: Address
    abstraction: str


class UserDexAbstractionAction(Action, frozen=True, tag="userDexAbstraction"): ...


class AgentEnableDexAbstractionAction(
    Action, frozen=True, tag="agentEnableDexAbstraction"
): ...


class SpotSendAction(Action, frozen=True, tag="spotSend"): ...


class TokenDelegateAction(Action, frozen=True, tag="tokenDelegate"): ...


class ConvertToMultiSigUserAction(Action, frozen=True, tag="convertToMultiSigUser"): ...


AnyAction = (
    OrderAction
    | CancelAction
    | CancelByCloidAction
    | ModifyAction
    | BatchModifyAction
    | ScheduleCancelAction
    | UpdateLeverageAction
    | UpdateIsolatedMarginAction
    | TopUpIsolatedOnlyMarginAction
    | TwapOrderAction
    | TwapCancelAction
    | NoopAction
    | SetReferrerAction
    | CreateSubAccountAction
    | SubAccountTransferAction
    | VaultTransferAction
    | ReserveRequestWeightAction
    | UsdSendAction
    | WithdrawAction
    | UsdClassTransferAction
    | SendAssetAction
    | ApproveAgentAction
    | ApproveBuilderFeeAction
    | UserSetAbstractionAction
    | UserDexAbstractionAction
    | AgentEnableDexAbstractionAction
    | SpotSendAction
    | TokenDelegateAction
    | ConvertToMultiSigUserAction
)


def typed(action: dict[str, object]) -> AnyAction:
    """Return an action with its types; raises msgspec.ValidationError."""
    converted: AnyAction = msgspec.convert(action, AnyAction)
    return converted
