"""What may be asked of /info: one typed request for each ``type``.

Unknown fields are ignored, as the real exchange does; a body that fits none of these
is a ValidationError, text that is no JSON a DecodeError (its base class).
"""

from typing import Annotated, Literal

import msgspec

from hlsim.wire.decoding import decode

Address = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{40}$")]
Interval = Literal[
    "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "3d", "1w",
    "1M",
]  # fmt: skip
SigFigs = Annotated[int, msgspec.Meta(ge=2, le=5)]
Mantissa = Literal[1, 2, 5]
Milliseconds = Annotated[int, msgspec.Meta(ge=0)]


class Request(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", rename="camel"
):
    """Base of all requests."""

    @property
    def kind(self) -> str:
        """The ``type`` on the wire."""
        return str(self.__struct_config__.tag)


class DexRequest(Request, frozen=True):
    """A request about one dex; without it, the first one, called ""."""

    dex: str | None = None


class UserRequest(Request, frozen=True):
    """A request about one account."""

    user: Address

    @property
    def account(self) -> str:
        """The address as the exchange keeps it."""
        return self.user.lower()


class Meta(DexRequest, frozen=True, tag="meta"): ...


class MetaAndAssetCtxs(DexRequest, frozen=True, tag="metaAndAssetCtxs"): ...


class AllPerpMetas(Request, frozen=True, tag="allPerpMetas"): ...


class AllMids(DexRequest, frozen=True, tag="allMids"): ...


class L2Book(Request, frozen=True, tag="l2Book"):
    coin: str
    n_sig_figs: SigFigs | None = None
    mantissa: Mantissa | None = None

    def __post_init__(self) -> None:
        check_grouping(self.n_sig_figs, self.mantissa)


class CandleSpan(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `candleSnapshot` wraps in ``req``."""

    coin: str
    interval: Interval
    start_time: Milliseconds
    end_time: Milliseconds | None = None


class CandleSnapshot(Request, frozen=True, tag="candleSnapshot"):
    req: CandleSpan


class RecentTrades(Request, frozen=True, tag="recentTrades"):
    coin: str


class FundingHistory(Request, frozen=True, tag="fundingHistory"):
    coin: str
    start_time: Milliseconds
    end_time: Milliseconds | None = None


class PredictedFundings(Request, frozen=True, tag="predictedFundings"): ...


class ExchangeStatus(Request, frozen=True, tag="exchangeStatus"): ...


class SpotMeta(Request, frozen=True, tag="spotMeta"): ...


class SpotMetaAndAssetCtxs(Request, frozen=True, tag="spotMetaAndAssetCtxs"): ...


class PerpDexs(Request, frozen=True, tag="perpDexs"): ...


class PerpDexLimits(Request, frozen=True, tag="perpDexLimits"):
    dex: str


class PerpDexStatus(Request, frozen=True, tag="perpDexStatus"):
    dex: str


class PerpsAtOpenInterestCap(DexRequest, frozen=True, tag="perpsAtOpenInterestCap"): ...


class MaxMarketOrderNtls(Request, frozen=True, tag="maxMarketOrderNtls"): ...


class VaultSummaries(Request, frozen=True, tag="vaultSummaries"): ...


class VaultDetails(Request, frozen=True, tag="vaultDetails"):
    vault_address: Address
    user: Address | None = None


class MarginTableRequest(Request, frozen=True, tag="marginTable"):
    id: int


class ClearinghouseState(UserRequest, frozen=True, tag="clearinghouseState"):
    dex: str | None = None


class SpotClearinghouseState(
    UserRequest, frozen=True, tag="spotClearinghouseState"
): ...


class OpenOrders(UserRequest, frozen=True, tag="openOrders"):
    dex: str | None = None


class FrontendOpenOrders(UserRequest, frozen=True, tag="frontendOpenOrders"):
    dex: str | None = None


class OrderStatus(UserRequest, frozen=True, tag="orderStatus"):
    oid: int | str


class HistoricalOrders(UserRequest, frozen=True, tag="historicalOrders"): ...


class UserFills(UserRequest, frozen=True, tag="userFills"):
    aggregate_by_time: bool | None = None


class UserFillsByTime(UserRequest, frozen=True, tag="userFillsByTime"):
    start_time: Milliseconds
    end_time: Milliseconds | None = None
    aggregate_by_time: bool | None = None
    reversed: bool | None = None


class UserFunding(UserRequest, frozen=True, tag="userFunding"):
    start_time: Milliseconds | None = None
    end_time: Milliseconds | None = None


class UserNonFundingLedgerUpdates(
    UserRequest, frozen=True, tag="userNonFundingLedgerUpdates"
):
    start_time: Milliseconds | None = None
    end_time: Milliseconds | None = None


class UserTwapSliceFills(UserRequest, frozen=True, tag="userTwapSliceFills"): ...


class UserTwapSliceFillsByTime(
    UserRequest, frozen=True, tag="userTwapSliceFillsByTime"
):
    start_time: Milliseconds
    end_time: Milliseconds | None = None


class TwapHistory(UserRequest, frozen=True, tag="twapHistory"): ...


class UserRateLimit(UserRequest, frozen=True, tag="userRateLimit"): ...


class UserRole(UserRequest, frozen=True, tag="userRole"): ...


class UserFees(UserRequest, frozen=True, tag="userFees"): ...


class UserAbstraction(UserRequest, frozen=True, tag="userAbstraction"): ...


class UserDexAbstraction(UserRequest, frozen=True, tag="userDexAbstraction"): ...


class SubAccounts(UserRequest, frozen=True, tag="subAccounts"): ...


class ExtraAgents(UserRequest, frozen=True, tag="extraAgents"): ...


class Portfolio(UserRequest, frozen=True, tag="portfolio"): ...


class Referral(UserRequest, frozen=True, tag="referral"): ...


class UserVaultEquities(UserRequest, frozen=True, tag="userVaultEquities"): ...


class DelegatorHistory(UserRequest, frozen=True, tag="delegatorHistory"): ...


class DelegatorRewards(UserRequest, frozen=True, tag="delegatorRewards"): ...


class Delegations(UserRequest, frozen=True, tag="delegations"): ...


class DelegatorSummary(UserRequest, frozen=True, tag="delegatorSummary"): ...


class UserToMultiSigSigners(UserRequest, frozen=True, tag="userToMultiSigSigners"): ...


class WebData2(UserRequest, frozen=True, tag="webData2"): ...


class ActiveAssetData(UserRequest, frozen=True, tag="activeAssetData"):
    coin: str


class MaxBuilderFee(UserRequest, frozen=True, tag="maxBuilderFee"):
    builder: Address


InfoRequest = (
    Meta | MetaAndAssetCtxs | AllPerpMetas | AllMids | L2Book | CandleSnapshot
    | RecentTrades | FundingHistory | PredictedFundings | ExchangeStatus | SpotMeta
    | SpotMetaAndAssetCtxs | PerpDexs | PerpDexLimits | PerpDexStatus
    | PerpsAtOpenInterestCap | MarginTableRequest
    | ClearinghouseState | SpotClearinghouseState | OpenOrders | FrontendOpenOrders
    | OrderStatus | HistoricalOrders | UserFills | UserFillsByTime | UserFunding
    | UserNonFundingLedgerUpdates | UserTwapSliceFills | UserTwapSliceFillsByTime
    | TwapHistory | UserRateLimit | UserRole | UserFees | UserAbstraction
    | UserDexAbstraction | SubAccounts
    | ExtraAgents | Portfolio | Referral | UserVaultEquities | DelegatorHistory
    | DelegatorRewards | Delegations | DelegatorSummary | UserToMultiSigSigners
    | ActiveAssetData | MaxBuilderFee | MaxMarketOrderNtls | VaultSummaries
    | VaultDetails | WebData2
)  # fmt: skip

_DECODER: msgspec.json.Decoder[InfoRequest] = msgspec.json.Decoder(InfoRequest)


def check_grouping(n_sig_figs: int | None, mantissa: int | None) -> None:
    """Raise ValueError for a mantissa without five significant figures (§2)."""
    if mantissa is not None and n_sig_figs != 5:  # noqa: PLR2004 - the rule's number
        raise ValueError("a mantissa needs nSigFigs 5")


def decode_info(body: bytes) -> InfoRequest:
    """Read a request; raises msgspec.ValidationError or msgspec.DecodeError."""
    return decode(_DECODER, body)
