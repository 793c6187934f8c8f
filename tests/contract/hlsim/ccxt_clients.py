"""What the ccxt trading tests share: clients with keys, and their numbers as exact."""

from decimal import Decimal
from typing import Any, NamedTuple

from hlsim.core.exchange import Exchange
from hlsim.core.journal import Fill
from hlsim.testing import Served
from tests.contract.hlsim.trading import TRADER

BUILDER = "0x6530512a6c89c7cfcebc3ba7fcd9ada5f30827a6"


def configuration(served: Served, key: str, wallet: str = TRADER) -> dict[str, Any]:
    """What makes any ccxt.hyperliquid trade on ``served``: its URLs and a key."""
    urls = {"public": served.url, "private": served.url}
    return {
        "walletAddress": wallet,
        "privateKey": key,
        "enableRateLimit": False,
        "urls": {"api": {**urls, "ws": {"public": served.ws_url}}},
        "options": {"fetchMarkets": {"types": ["swap"]}},
    }


def exact(number: float | str) -> Decimal:
    """The number that a float of ccxt's is meant to be."""
    return Decimal(str(number))


def symbol_of(client: Any, asset: int) -> str:
    """The symbol of an asset in ccxt's markets, which are loaded."""
    return next(
        str(one["symbol"])
        for one in client.markets.values()
        if one["baseId"] == str(asset)
    )


class Trade(NamedTuple):
    """A fill as ccxt has words for it."""

    time_ms: int
    id: str
    order: str
    is_buy: bool
    is_maker: bool
    px: Decimal
    sz: Decimal
    fee: Decimal


def as_trade(row: dict[str, Any]) -> Trade:
    """A trade as ccxt heard it."""
    return Trade(
        time_ms=row["timestamp"],
        id=row["id"],
        order=row["order"],
        is_buy=row["side"] == "buy",
        is_maker=row["takerOrMaker"] == "maker",
        px=exact(row["price"]),
        sz=exact(row["amount"]),
        fee=exact(row["fee"]["cost"]),
    )


def as_fetched_trade(row: dict[str, Any]) -> Trade:
    """A trade as ccxt fetched it, whose fee has the builder's twice.

    The fee on the wire contains it (§2.3), and ccxt adds ``builderFee`` to that.
    """
    one = as_trade(row)
    return one._replace(fee=one.fee - Decimal(row["info"].get("builderFee", "0")))


def ledger_trades(exchange: Exchange, user: str = TRADER) -> list[Trade]:
    """The same from the ledger, oldest first."""
    return [_trade(exchange, one) for one in exchange.journal.history(user).fills]


def _trade(exchange: Exchange, one: Fill) -> Trade:
    instrument = exchange.universe[one.asset]
    return Trade(
        time_ms=one.time_ms,
        id=str(one.tid),
        order=str(one.oid),
        is_buy=one.is_buy,
        is_maker=not one.crossed,
        px=Decimal(one.px).scaleb(-instrument.px_decimals),
        sz=Decimal(one.sz).scaleb(-instrument.sz_decimals),
        fee=Decimal(one.fee).scaleb(-6),
    )
