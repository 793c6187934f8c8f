"""Websocket subscriptions: typed, normalised, and usable as keys.

Encoding one gives the normalised echo of the acknowledgement: defaults are added and
unknown fields dropped (protocol document, §5).
"""

import msgspec
from msgspec import UNSET, UnsetType

from hlsim.wire.requests import Address, Interval, Mantissa, SigFigs, check_grouping


class Subscription(msgspec.Struct, frozen=True, tag_field="type", rename="camel"):
    """Base of all subscriptions."""

    @property
    def channel(self) -> str:
        """The channel its frames come on."""
        return str(self.__struct_config__.tag)


class CoinSubscription(Subscription):
    """Market data of one coin."""

    coin: str


class UserSubscription(Subscription):
    """An account's data; addresses are compared in lower case."""

    user: Address

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "user", self.user.lower())


class AllMids(Subscription, tag="allMids"):
    dex: str | UnsetType = UNSET


class L2Book(CoinSubscription, tag="l2Book"):
    n_sig_figs: SigFigs | None = None
    mantissa: Mantissa | None = None
    fast: bool | None | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_grouping(self.n_sig_figs, self.mantissa)
        if not self.fast:
            msgspec.structs.force_setattr(self, "fast", UNSET)


class Bbo(CoinSubscription, tag="bbo"): ...


class Trades(CoinSubscription, tag="trades"): ...


class Candles(CoinSubscription, tag="candle"):
    interval: Interval


class ActiveAssetCtx(CoinSubscription, tag="activeAssetCtx"): ...


class ClearinghouseState(UserSubscription, tag="clearinghouseState"):
    dex: str | UnsetType = UNSET


class OpenOrders(UserSubscription, tag="openOrders"):
    dex: str | UnsetType = UNSET


class SpotState(UserSubscription, tag="spotState"): ...


class WebData2(UserSubscription, tag="webData2"): ...


class OrderUpdates(UserSubscription, tag="orderUpdates"): ...


class Notification(UserSubscription, tag="notification"): ...


class UserEvents(UserSubscription, tag="userEvents"):
    @property
    def channel(self) -> str:
        """The channel is called differently from the subscription (§5)."""
        return "user"


class UserFills(UserSubscription, tag="userFills"):
    aggregate_by_time: bool = False


class UserFundings(UserSubscription, tag="userFundings"): ...


class UserLedger(UserSubscription, tag="userNonFundingLedgerUpdates"): ...


AnySubscription = (
    AllMids | L2Book | Bbo | Trades | Candles | ActiveAssetCtx | ClearinghouseState
    | OpenOrders | SpotState | WebData2 | OrderUpdates | Notification | UserEvents
    | UserFills | UserFundings | UserLedger
)  # fmt: skip


def decode_subscription(raw: bytes | msgspec.Raw) -> AnySubscription:
    """Read a subscription; raises msgspec.ValidationError."""
    return msgspec.json.decode(raw, type=AnySubscription)
