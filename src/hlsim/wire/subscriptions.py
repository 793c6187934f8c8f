"""Websocket subscriptions: typed, normalised, and usable as keys.

Encoding one gives the normalised echo of the acknowledgement: defaults are added and
unknown fields dropped (protocol document, §5).
"""

import msgspec
from msgspec import UNSET, UnsetType

from hlsim.wire.decoding import decode
from hlsim.wire.requests import Address, Interval, Mantissa, SigFigs, check_grouping


class Subscription(msgspec.Struct, frozen=True, tag_field="type", rename="camel"):
    """Base of all subscriptions."""

    @property
    def channel(self) -> str:
        """The channel its frames come on."""
        return str(self.__struct_config__.tag)


class CoinSubscription(Subscription, frozen=True):
    """Market data of one coin."""

    coin: str


class UserSubscription(Subscription, frozen=True):
    """An account's data; addresses are compared in lower case."""

    user: Address

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "user", self.user.lower())


class AllMids(Subscription, frozen=True, tag="allMids"):
    dex: str | UnsetType = UNSET


class L2Book(CoinSubscription, frozen=True, tag="l2Book"):
    n_sig_figs: SigFigs | None = None
    mantissa: Mantissa | None = None
    fast: bool | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        check_grouping(self.n_sig_figs, self.mantissa)
        if not self.fast:
            msgspec.structs.force_setattr(self, "fast", UNSET)


class Bbo(CoinSubscription, frozen=True, tag="bbo"): ...


class Trades(CoinSubscription, frozen=True, tag="trades"): ...


class Candles(CoinSubscription, frozen=True, tag="candle"):
    interval: Interval


class ActiveAssetCtx(CoinSubscription, frozen=True, tag="activeAssetCtx"): ...


class ClearinghouseState(UserSubscription, frozen=True, tag="clearinghouseState"):
    dex: str | UnsetType = UNSET


class OpenOrders(UserSubscription, frozen=True, tag="openOrders"):
    dex: str | UnsetType = UNSET


class AssetCtxs(Subscription, frozen=True, tag="assetCtxs"):
    dex: str | UnsetType = UNSET


class AllDexsAssetCtxs(Subscription, frozen=True, tag="allDexsAssetCtxs"): ...


class FastAssetCtxs(Subscription, frozen=True, tag="fastAssetCtxs"): ...


class AllDexsClearinghouseState(
    UserSubscription, frozen=True, tag="allDexsClearinghouseState"
): ...


class ActiveAssetData(UserSubscription, frozen=True, tag="activeAssetData"):
    coin: str


class TwapStates(UserSubscription, frozen=True, tag="twapStates"):
    dex: str | UnsetType = UNSET


class UserHistoricalOrders(
    UserSubscription, frozen=True, tag="userHistoricalOrders"
): ...


class UserTwapSliceFills(UserSubscription, frozen=True, tag="userTwapSliceFills"): ...


class UserTwapHistory(UserSubscription, frozen=True, tag="userTwapHistory"): ...


class SpotState(UserSubscription, frozen=True, tag="spotState"): ...


class WebData2(UserSubscription, frozen=True, tag="webData2"): ...


class WebData3(UserSubscription, frozen=True, tag="webData3"): ...


class OrderUpdates(UserSubscription, frozen=True, tag="orderUpdates"): ...


class Notification(UserSubscription, frozen=True, tag="notification"): ...


class UserEvents(UserSubscription, frozen=True, tag="userEvents"):
    @property
    def channel(self) -> str:
        """The channel is called differently from the subscription (§5)."""
        return "user"


class UserFills(UserSubscription, frozen=True, tag="userFills"):
    aggregate_by_time: bool = False


class UserFundings(UserSubscription, frozen=True, tag="userFundings"): ...


class UserLedger(UserSubscription, frozen=True, tag="userNonFundingLedgerUpdates"): ...


AnySubscription = (
    AllMids | L2Book | Bbo | Trades | Candles | ActiveAssetCtx | ClearinghouseState
    | OpenOrders | SpotState | WebData2 | OrderUpdates | Notification | UserEvents
    | UserFills | UserFundings | UserLedger | AssetCtxs | AllDexsAssetCtxs
    | FastAssetCtxs | AllDexsClearinghouseState | ActiveAssetData | TwapStates
    | UserHistoricalOrders | UserTwapSliceFills | UserTwapHistory | WebData3
)  # fmt: skip

_DECODER: msgspec.json.Decoder[AnySubscription] = msgspec.json.Decoder(AnySubscription)


def decode_subscription(raw: bytes | msgspec.Raw) -> AnySubscription:
    """Read a subscription; raises msgspec.ValidationError."""
    return decode(_DECODER, raw)
