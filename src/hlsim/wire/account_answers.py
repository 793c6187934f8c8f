"""The answers of /info about accounts: balances, margin, roles, fees and limits."""

from functools import singledispatch

from hlsim.core.exchange import Exchange
from hlsim.core.margin import available, marks_at, position_margin
from hlsim.core.numbers import decimal_string, usd_string
from hlsim.core.universe import FIRST_DEX
from hlsim.wire import account_shapes, fees, requests

_PERIODS = (
    "day", "week", "month", "allTime", "perpDay", "perpWeek", "perpMonth",
    "perpAllTime",
)  # fmt: skip


@singledispatch
def user_answer(
    request: requests.UserRequest, exchange: Exchange, now_ms: int
) -> object:
    """Answer an account request; what nothing here can fill is an empty list."""
    return []


@user_answer.register
def _(
    request: requests.ClearinghouseState, exchange: Exchange, now_ms: int
) -> account_shapes.WireAccount:
    return clearinghouse_state(exchange, request.account, request.dex, now_ms)


@user_answer.register
def _(
    request: requests.SpotClearinghouseState, exchange: Exchange, now_ms: int
) -> object:
    return spot_state(exchange, request.account)


def spot_state(exchange: Exchange, user: str) -> dict[str, object]:
    """Return a user's spot balances: dollars, if there are any."""
    held = exchange.transfers.spot(user)
    row = {
        "coin": "USDC",
        "token": 0,
        "total": usd_string(held),
        "hold": "0.0",
        "entryNtl": "0.0",
    }
    return {"balances": [row] if held else []}


@user_answer.register
def _(request: requests.UserRateLimit, exchange: Exchange, now_ms: int) -> object:
    limit = exchange.budgets.rate_limit(request.account)
    return {
        "cumVlm": usd_string(limit.cum_vlm),
        "nRequestsUsed": limit.n_requests_used,
        "nRequestsCap": limit.n_requests_cap,
        "nRequestsSurplus": limit.n_requests_surplus,
    }


@user_answer.register
def _(request: requests.UserRole, exchange: Exchange, now_ms: int) -> object:
    role = exchange.identities.role(request.account, now_ms)
    if role.master is None:
        return {"role": role.name}
    key = "user" if role.name == "agent" else "master"
    return {"role": role.name, "data": {key: role.master}}


@user_answer.register
def _(request: requests.UserFees, exchange: Exchange, now_ms: int) -> object:
    return fees.user_fees(exchange.clearing.fees, request.account, now_ms)


@user_answer.register
def _(request: requests.UserAbstraction, exchange: Exchange, now_ms: int) -> object:
    return exchange.dispatcher.abstractions.get(request.account, "default")


@user_answer.register(requests.UserDexAbstraction)
@user_answer.register(requests.UserToMultiSigSigners)
def _(request: requests.UserRequest, exchange: Exchange, now_ms: int) -> object:
    return None


@user_answer.register
def _(request: requests.SubAccounts, exchange: Exchange, now_ms: int) -> object:
    rows = [
        {
            "name": one.name,
            "subAccountUser": one.address,
            "master": one.master,
            "clearinghouseState": clearinghouse_state(
                exchange, one.address, None, now_ms
            ),
            "spotState": spot_state(exchange, one.address),
        }
        for one in exchange.identities.sub_accounts(request.account)
    ]
    return rows or None


@user_answer.register
def _(request: requests.ExtraAgents, exchange: Exchange, now_ms: int) -> object:
    return [
        {"name": one.name, "address": one.address, "validUntil": one.valid_until}
        for one in exchange.identities.agents(request.account, now_ms)
    ]


@user_answer.register
def _(request: requests.MaxBuilderFee, exchange: Exchange, now_ms: int) -> object:
    builder = request.builder.lower()
    return exchange.dispatcher.max_builder_fee(request.account, builder)


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
    code = exchange.dispatcher.referrers.get(request.account)
    rewards = exchange.clearing.builder_rewards.get(request.account, 0)
    return {
        "referredBy": None if code is None else {"referrer": "", "code": code},
        "cumVlm": usd_string(exchange.clearing.fees.volume(request.account).total),
        "unclaimedRewards": usd_string(rewards),
        "claimedRewards": "0.0",
        "builderRewards": usd_string(rewards),
        "referrerState": None,
        "rewardHistory": [],
    }


@user_answer.register
def _(request: requests.Portfolio, exchange: Exchange, now_ms: int) -> object:
    state = exchange.account_state(request.account, now_ms)
    value = usd_string(state.total.account_value)
    paid_in = exchange.transfers.paid_in(request.account)
    # One point: no curve of the past is kept.
    figures = {
        "accountValueHistory": [[now_ms, value]],
        "pnlHistory": [[now_ms, usd_string(state.total.account_value - paid_in)]],
        "vlm": usd_string(exchange.clearing.fees.volume(request.account).total),
    }
    return [[period, figures] for period in _PERIODS]


@user_answer.register
def _(request: requests.ActiveAssetData, exchange: Exchange, now_ms: int) -> object:
    return active_asset(exchange, request.account, request.coin, now_ms)


@user_answer.register
def _(request: requests.UserVaultEquities, exchange: Exchange, now_ms: int) -> object:
    return [
        {
            "vaultAddress": vault,
            "equity": usd_string(
                exchange.transfers.vault_equity(request.account, vault, now_ms)
            ),
        }
        for vault in exchange.transfers.vaults.of(request.account)
    ]


def total_vault_equity(exchange: Exchange, user: str, now_ms: int) -> str:
    """Return what all of a user's shares of vaults are worth."""
    transfers = exchange.transfers
    held = transfers.vaults.of(user)
    return usd_string(sum(transfers.vault_equity(user, one, now_ms) for one in held))


def clearinghouse_state(
    exchange: Exchange, user: str, dex: str | None, now_ms: int
) -> account_shapes.WireAccount:
    """Return the state of a user's account on a dex; an unknown dex is empty."""
    dex = dex or FIRST_DEX
    state = exchange.account_state(user, now_ms, dex)
    paid = exchange.account(user, dex).funding_paid
    return account_shapes.account(state, paid, now_ms)


def active_asset(exchange: Exchange, user: str, coin: str, now_ms: int) -> object:
    """Return leverage and how much an account could still trade of a coin.

    Either side could first close what the account holds of the other.
    """
    asset = exchange.asset(coin)
    instrument = exchange.universe[asset]
    account = exchange.account(user, instrument.dex)
    leverage = account.leverage(asset, instrument)
    mark = marks_at(exchange.market, now_ms)
    free = available(account, exchange.universe, mark)
    held = account.positions.get(asset)
    tied = 0 if held is None else 2 * position_margin(held, mark(asset))
    long_free = free + (tied if held is not None and held.szi < 0 else 0)
    short_free = free + (tied if held is not None and held.szi > 0 else 0)
    sizes = [one * leverage.value // mark(asset) for one in (long_free, short_free)]
    return {
        "user": user,
        "coin": coin,
        "leverage": {
            "type": "cross" if leverage.is_cross else "isolated",
            "value": leverage.value,
        },
        "maxTradeSzs": [decimal_string(sz, instrument.sz_decimals) for sz in sizes],
        "availableToTrade": [usd_string(long_free), usd_string(short_free)],
        "markPx": decimal_string(mark(asset), instrument.px_decimals),
    }
