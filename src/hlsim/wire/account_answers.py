"""The answers of /info about accounts.

This floor takes no orders: what an account would have traded is empty, as the real
exchange answers for an account that never traded.
"""

from decimal import ROUND_DOWN, Decimal
from functools import singledispatch

from hlsim.core.accounts import DEFAULT_LEVERAGE, ZERO
from hlsim.core.exchange import Exchange
from hlsim.core.numbers import decimal_text
from hlsim.wire import account_data, fees, requests
from hlsim.wire.answers import market_answer

FREE_REQUESTS = 10_000
_PERIODS = (
    "day", "week", "month", "allTime", "perpDay", "perpWeek", "perpMonth",
    "perpAllTime",
)  # fmt: skip


def answer(request: requests.Request, exchange: Exchange, now_ms: int) -> object:
    """Return what msgspec shall encode as the answer to any request.

    Raises UnknownCoinError where the real exchange says 500 ``null``.
    """
    if isinstance(request, requests.UserRequest):
        return user_answer(request, exchange, now_ms)
    return market_answer(request, exchange, now_ms)


@singledispatch
def user_answer(
    request: requests.UserRequest, exchange: Exchange, now_ms: int
) -> object:
    """Answer an account request; most lists of an account are empty."""
    return []


@user_answer.register
def _(
    request: requests.ClearinghouseState, exchange: Exchange, now_ms: int
) -> account_data.WireAccount:
    return clearinghouse_state(exchange, request.user, request.dex, now_ms)


@user_answer.register
def _(
    request: requests.SpotClearinghouseState, exchange: Exchange, now_ms: int
) -> object:
    return {"balances": []}


@user_answer.register
def _(request: requests.OrderStatus, exchange: Exchange, now_ms: int) -> object:
    return {"status": "unknownOid"}


@user_answer.register
def _(request: requests.UserRateLimit, exchange: Exchange, now_ms: int) -> object:
    return {
        "cumVlm": "0.0",
        "nRequestsUsed": 0,
        "nRequestsCap": FREE_REQUESTS,
        "nRequestsSurplus": 0,
    }


@user_answer.register
def _(request: requests.UserRole, exchange: Exchange, now_ms: int) -> object:
    known = exchange.accounts.find(request.user) is not None
    return {"role": "user" if known else "missing"}


@user_answer.register
def _(request: requests.UserFees, exchange: Exchange, now_ms: int) -> object:
    return fees.user_fees()


@user_answer.register
def _(request: requests.UserAbstraction, exchange: Exchange, now_ms: int) -> object:
    return "default"


@user_answer.register(requests.UserDexAbstraction)
@user_answer.register(requests.SubAccounts)
@user_answer.register(requests.UserToMultiSigSigners)
def _(request: requests.UserRequest, exchange: Exchange, now_ms: int) -> object:
    return None


@user_answer.register
def _(request: requests.MaxBuilderFee, exchange: Exchange, now_ms: int) -> object:
    return 0


@user_answer.register
def _(request: requests.DelegatorSummary, exchange: Exchange, now_ms: int) -> object:
    return {
        "delegated": "0.0",
        "undelegated": "0.0",
        "totalPendingWithdrawal": "0.0",
        "nPendingWithdrawals": 0,
    }


@user_answer.register
def _(request: requests.Referral, exchange: Exchange, now_ms: int) -> object:
    return {
        "referredBy": None,
        "cumVlm": "0.0",
        "unclaimedRewards": "0.0",
        "claimedRewards": "0.0",
        "builderRewards": "0.0",
        "referrerState": None,
        "rewardHistory": [],
    }


@user_answer.register
def _(request: requests.Portfolio, exchange: Exchange, now_ms: int) -> object:
    state = exchange.account_state(request.user, now_ms)
    value = decimal_text(state.total.account_value)
    profit = sum((one.unrealized_pnl for one in state.positions), ZERO)
    # One point: the account has no past before the exchange was started.
    figures = {
        "accountValueHistory": [[now_ms, value]],
        "pnlHistory": [[now_ms, decimal_text(profit)]],
        "vlm": "0.0",
    }
    return [[period, figures] for period in _PERIODS]


@user_answer.register
def _(request: requests.ActiveAssetData, exchange: Exchange, now_ms: int) -> object:
    return active_asset(exchange, request.user, request.coin, now_ms)


def clearinghouse_state(
    exchange: Exchange, user: str, dex: str | None, now_ms: int
) -> account_data.WireAccount:
    """Return an account's state; on any dex but the first it is an empty one."""
    address = "" if dex else user
    return account_data.account(exchange.account_state(address, now_ms), now_ms)


def active_asset(exchange: Exchange, user: str, coin: str, now_ms: int) -> object:
    """Return leverage and how much an account could still trade of a coin."""
    asset = exchange.asset(coin)
    instrument = exchange.universe[asset]
    held = [one for one in exchange.account(user).positions if one.asset == asset]
    leverage = min(DEFAULT_LEVERAGE, instrument.max_leverage)
    leverage = held[0].leverage if held else leverage
    is_cross = held[0].is_cross if held else not instrument.only_isolated
    mark = exchange.mark_px(asset, now_ms)
    free = exchange.account_state(user, now_ms).withdrawable
    lot = Decimal(1).scaleb(-instrument.sz_decimals)
    size = (free * leverage / mark).quantize(lot, rounding=ROUND_DOWN)
    return {
        "user": user,
        "coin": coin,
        "leverage": {"type": "cross" if is_cross else "isolated", "value": leverage},
        "maxTradeSzs": [decimal_text(size, instrument.sz_decimals)] * 2,
        "availableToTrade": [decimal_text(free)] * 2,
        "markPx": decimal_text(mark),
    }
