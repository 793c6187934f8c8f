"""The answers of /info: one function for each request type, chosen by its class.

Account requests are answered in `account_answers`; `answer` finds both.
"""

from functools import singledispatch

from hlsim.core.exchange import Exchange
from hlsim.core.intervals import HOUR_MS
from hlsim.core.numbers import rate_string, usd_string
from hlsim.core.universe import FIRST_DEX, FLAT_TABLES_BELOW, flat_table
from hlsim.wire import market_shapes, requests, spot
from hlsim.wire.books import l2_book

FUNDING_INTERVAL_HOURS = 1


class UnknownAnswerError(LookupError):
    """A request was decoded that no function answers."""


@singledispatch
def market_answer(request: requests.Request, exchange: Exchange, now_ms: int) -> object:
    """Return what msgspec shall encode as the answer.

    Raises UnknownCoinError where the real exchange says 500 ``null``.
    """
    raise UnknownAnswerError(request.kind)


@market_answer.register
def _(request: requests.Meta, exchange: Exchange, now_ms: int) -> object:
    return market_shapes.meta(exchange.universe, request.dex or FIRST_DEX)


@market_answer.register
def _(request: requests.MetaAndAssetCtxs, exchange: Exchange, now_ms: int) -> object:
    dex = request.dex or FIRST_DEX
    return market_shapes.meta(exchange.universe, dex), contexts(exchange, dex, now_ms)


@market_answer.register
def _(request: requests.AllPerpMetas, exchange: Exchange, now_ms: int) -> object:
    universe = exchange.universe
    return [market_shapes.meta(universe, dex) for dex in universe.dexes]


@market_answer.register
def _(request: requests.AllMids, exchange: Exchange, now_ms: int) -> object:
    return mids(exchange, request.dex or FIRST_DEX)


@market_answer.register
def _(request: requests.L2Book, exchange: Exchange, now_ms: int) -> object:
    asset = exchange.universe.asset(request.coin)
    if asset is None:
        return None
    return l2_book(
        exchange.universe[asset],
        exchange.book(asset),
        n_sig_figs=request.n_sig_figs,
        mantissa=request.mantissa,
    )


@market_answer.register
def _(request: requests.CandleSnapshot, exchange: Exchange, now_ms: int) -> object:
    req = request.req
    asset = exchange.asset(req.coin)
    end_ms = now_ms if req.end_time is None else req.end_time
    rows = exchange.charts.candles(asset, req.interval, req.start_time, end_ms, now_ms)
    instrument = exchange.universe[asset]
    return [market_shapes.candle(instrument, req.interval, row) for row in rows]


@market_answer.register
def _(request: requests.RecentTrades, exchange: Exchange, now_ms: int) -> object:
    return recent_trades(exchange, exchange.asset(request.coin))[::-1]


@market_answer.register
def _(request: requests.FundingHistory, exchange: Exchange, now_ms: int) -> object:
    asset = exchange.asset(request.coin)
    end_ms = now_ms if request.end_time is None else min(request.end_time, now_ms)
    rows = exchange.funding_history(asset, request.start_time, end_ms)
    return [market_shapes.funding(exchange.universe[asset], row) for row in rows]


@market_answer.register
def _(request: requests.PredictedFundings, exchange: Exchange, now_ms: int) -> object:
    next_ms = now_ms - now_ms % HOUR_MS + HOUR_MS
    rows: list[object] = []
    for asset in exchange.universe.members(FIRST_DEX):
        rate = exchange.context(asset, now_ms).funding
        venue = {
            "fundingRate": rate_string(rate),
            "nextFundingTime": next_ms,
            "fundingIntervalHours": FUNDING_INTERVAL_HOURS,
        }
        rows.append([exchange.universe[asset].name, [["HlPerp", venue]]])
    return rows


@market_answer.register
def _(request: requests.ExchangeStatus, exchange: Exchange, now_ms: int) -> object:
    return {"time": now_ms, "specialStatuses": None}


@market_answer.register
def _(request: requests.SpotMeta, exchange: Exchange, now_ms: int) -> object:
    return spot.meta()


@market_answer.register
def _(
    request: requests.SpotMetaAndAssetCtxs, exchange: Exchange, now_ms: int
) -> object:
    return spot.meta(), spot.contexts()


@market_answer.register
def _(request: requests.PerpDexs, exchange: Exchange, now_ms: int) -> object:
    universe = exchange.universe
    return [
        None if dex == FIRST_DEX else market_shapes.perp_dex(universe, dex)
        for dex in universe.dexes
    ]


@market_answer.register
def _(request: requests.PerpDexLimits, exchange: Exchange, now_ms: int) -> object:
    universe = exchange.universe
    if request.dex == FIRST_DEX or request.dex not in universe.dexes:
        return None
    return market_shapes.dex_limits(universe, request.dex)


@market_answer.register
def _(request: requests.PerpDexStatus, exchange: Exchange, now_ms: int) -> object:
    if request.dex not in exchange.universe.dexes:
        return None
    return {"totalNetDeposit": "0.0"}


@market_answer.register
def _(request: requests.MaxMarketOrderNtls, exchange: Exchange, now_ms: int) -> object:
    # By highest leverage, as the front end warns above them; none is enforced here.
    return [[40, "15000000.0"], [25, "5000000.0"], [10, "2000000.0"], [3, "500000.0"]]


@market_answer.register
def _(request: requests.VaultSummaries, exchange: Exchange, now_ms: int) -> object:
    return []


@market_answer.register
def _(request: requests.VaultDetails, exchange: Exchange, now_ms: int) -> object:
    address = request.vault_address.lower()
    if exchange.identities.role(address, now_ms).name != "vault":
        return None
    return {
        "name": address,
        "vaultAddress": address,
        "leader": exchange.identities.leader(address),
        "description": "",
        "portfolio": [],
        "apr": 0.0,
        "followerState": None,
        "leaderFraction": 0.0,
        "leaderCommission": 0.0,
        "followers": [
            {
                "user": one,
                "vaultEquity": usd_string(
                    exchange.transfers.vault_equity(one, address, now_ms)
                ),
            }
            for one in exchange.transfers.vaults.holders(address)
        ],
        "maxDistributable": 0.0,
        "maxWithdrawable": 0.0,
        "isClosed": False,
        "relationship": {"type": "normal"},
        "allowDeposits": True,
        "alwaysCloseOnWithdraw": False,
    }


@market_answer.register
def _(
    request: requests.PerpsAtOpenInterestCap, exchange: Exchange, now_ms: int
) -> object:
    return []


@market_answer.register
def _(request: requests.MarginTableRequest, exchange: Exchange, now_ms: int) -> object:
    universe = exchange.universe
    tables = {
        one.id: one for dex in universe.dexes for one in universe.listed_tables(dex)
    }
    if 0 < request.id < FLAT_TABLES_BELOW:
        return market_shapes.table(flat_table(request.id))
    found = tables.get(request.id)
    return None if found is None else market_shapes.table(found)


def contexts(
    exchange: Exchange, dex: str, now_ms: int
) -> list[market_shapes.WireContext]:
    """Return the contexts of a dex by asset id."""
    universe = exchange.universe
    return [
        market_shapes.context(universe[asset], exchange.context(asset, now_ms))
        for asset in universe.members(dex)
    ]


def mids(exchange: Exchange, dex: str) -> dict[str, str]:
    """Return the middle prices of all coins of a dex that have a book."""
    found: dict[str, str] = {}
    for asset in exchange.universe.members(dex):
        halves = exchange.mid_halves(asset)
        if halves is not None:
            one = exchange.universe[asset]
            found[one.name] = market_shapes.mid_string(halves, one.px_decimals)
    return found


def recent_trades(exchange: Exchange, asset: int) -> list[market_shapes.WireTrade]:
    """Return the last trades of a coin, oldest first."""
    instrument = exchange.universe[asset]
    trades = exchange.market.recent_trades(asset)
    return [market_shapes.trade(instrument, one) for one in trades]
