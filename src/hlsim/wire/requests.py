"""What may be asked of /info: one typed request for each ``type``.

Unknown fields are ignored, as the real exchange does; a body that fits none of these
is a ValidationError, text that is no JSON a DecodeError (its base class).
"""

from typing import Annotated, Literal

import msgspec

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


class DexRequest(Request):
    """A request about one dex; only the first, called "", exists here."""

    dex: str | None = None


class UserRequest(Request):
    """A request about one account."""

    user: Address


class Meta(DexRequest, tag="meta"): ...


class MetaAndAssetCtxs(DexRequest, tag="metaAndAssetCtxs"): ...


class AllPerpMetas(Request, tag="allPerpMetas"): ...


class AllMids(DexRequest, tag="allMids"): ...


class L2Book(Request, tag="l2Book"):
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


class CandleSnapshot(Request, tag="candleSnapshot"):
    req: CandleSpan


class RecentTrades(Request, tag="recentTrades"):
    coin: str


class FundingHistory(Request, tag="fundingHistory"):
    coin: str
    start_time: Milliseconds
    end_time: Milliseconds | None = None


class PredictedFundings(Request, tag="predictedFundings"): ...


class ExchangeStatus(Request, tag="exchangeStatus"): ...


class SpotMeta(Request, tag="spotMeta"): ...


class SpotMetaAndAssetCtxs(Request, tag="spotMetaAndAssetCtxs"): ...


class PerpDexs(Request, tag="perpDexs"): ...


class PerpsAtOpenInterestCap(DexRequest, tag="perpsAtOpenInterestCap"): ...


class MarginTableRequest(Request, tag="marginTable"):
    id: int


class ClearinghouseState(UserRequest, tag="clearinghouseState"):
    dex: str | None = None


class SpotClearinghouseState(UserRequest, tag="spotClearinghouseState"): ...


class OpenOrders(UserRequest, tag="openOrders"):
    dex: str | None = None


class FrontendOpenOrders(UserRequest, tag="frontendOpenOrders"):
    dex: str | None = None


class OrderStatus(UserRequest, tag="orderStatus"):
    oid: int | str


class HistoricalOrders(UserRequest, tag="historicalOrders"): ...


class UserFills(UserRequest, tag="userFills"):
    aggregate_by_time: bool | None = None


class UserFillsByTime(UserRequest, tag="userFillsByTime"):
    start_time: Milliseconds
    end_time: Milliseconds | None = None
    aggregate_by_time: bool | None = None
    reversed: bool | None = None


class UserFunding(UserRequest, tag="userFunding"):
    start_time: Milliseconds | None = None
    end_time: Milliseconds | None = None


class UserNonFundingLedgerUpdates(UserRequest, tag="userNonFundingLedgerUpdates"):
    start_time: Milliseconds | None = None
    end_time: Milliseconds | None = None


class UserTwapSliceFills(UserRequest, tag="userTwapSliceFills"): ...


class TwapHistory(UserRequest, tag="twapHistory"): ...


class UserRateLimit(UserRequest, tag="userRateLimit"): ...


class UserRole(UserRequest, tag="userRole"): ...


class UserFees(UserRequest, tag="userFees"): ...


class UserAbstraction(UserRequest, tag="userAbstraction"): ...


class UserDexAbstraction(UserRequest, tag="userDexAbstraction"): ...


class SubAccounts(UserRequest, tag="subAccounts"): ...


class ExtraAgents(UserRequest, tag="extraAgents"): ...


class Portfolio(UserRequest, tag="portfolio"): ...


class Referral(UserRequest, tag="referral"): ...


class UserVaultEquities(UserRequest, tag="userVaultEquities"): ...


class DelegatorHistory(UserRequest, tag="delegatorHistory"): ...


class DelegatorRewards(UserRequest, tag="delegatorRewards"): ...


class Delegations(UserRequest, tag="delegations"): ...


class DelegatorSummary(UserRequest, tag="delegatorSummary"): ...


class UserToMultiSigSigners(UserRequest, tag="userToMultiSigSigners"): ...


class ActiveAssetData(UserRequest, tag="activeAssetData"):
    coin: str


class MaxBuilderFee(UserRequest, tag="maxBuilderFee"):
    builder: Address


InfoRequest = (
    Meta | MetaAndAssetCtxs | AllPerpMetas | AllMids | L2Book | CandleSnapshot
    | RecentTrades | FundingHistory | PredictedFundings | ExchangeStatus | SpotMeta
    | SpotMetaAndAssetCtxs | PerpDexs | PerpsAtOpenInterestCap | MarginTableRequest
    | ClearinghouseState | SpotClearinghouseState | OpenOrders | FrontendOpenOrders
    | OrderStatus | HistoricalOrders | UserFills | UserFillsByTime | UserFunding
    | UserNonFundingLedgerUpdates | UserTwapSliceFills | TwapHistory | UserRateLimit
    | UserRole | UserFees | UserAbstraction | UserDexAbstraction | SubAccounts
    | ExtraAgents | Portfolio | Referral | UserVaultEquities | DelegatorHistory
    | DelegatorRewards | Delegations | DelegatorSummary | UserToMultiSigSigners
    | ActiveAssetData | MaxBuilderFee
)  # fmt: skip


def check_grouping(n_sig_figs: int | None, mantissa: int | None) -> None:
    """Raise ValueError for a mantissa without five significant figures (§2)."""
    if mantissa is not None and n_sig_figs != 5:  # noqa: PLR2004 - the rule's number
        raise ValueError("a mantissa needs nSigFigs 5")


def decode_info(body: bytes) -> InfoRequest:
    """Read a request; raises msgspec.ValidationError or msgspec.DecodeError."""
    return msgspec.json.decode(body, type=InfoRequest)
