"""What the trading contract tests share: two traders, and what the ledger says.

Time stands still (at today's, which clients sign for), so that every value is exact.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import NamedTuple

from eth_account import Account as Wallet

from hlsim.core.exchange import Exchange
from hlsim.core.journal import Fill
from hlsim.core.numbers import tick_units
from hlsim.core.terms import Terms
from hlsim.server.manual_clock import ManualClock
from hlsim.server.settings import Deposit, Limits, Settings
from hlsim.testing import Served, serving

# Keys of nobody, fixtures for this simulator alone.
TRADER_KEY = "0x" + "01" * 32
OTHER_KEY = "0x" + "02" * 32
TRADER: str = Wallet.from_key(TRADER_KEY).address.lower()
OTHER: str = Wallet.from_key(OTHER_KEY).address.lower()
FUNDS = Decimal(100_000)
SETTINGS = Settings(
    symbols=20,
    history_days=1,
    accounts=tuple(Deposit(address=one, funds=FUNDS) for one in (TRADER, OTHER)),
    limits=Limits(ip_weight=0, ws_connections=0),
    terms=Terms(scheduled_cancel_volume=0),
)


@contextmanager
def standing_still() -> Iterator[Served]:
    with serving(SETTINGS, ManualClock(time.time_ns() // 1_000_000)) as served:
        yield served


class Quote(NamedTuple):
    """A coin whose spread is wide enough for an order inside it; dollars."""

    coin: str
    asset: int
    bid: Decimal
    inside: Decimal
    ask: Decimal
    lot: Decimal
    tick: Decimal


def wide_quote(exchange: Exchange) -> Quote:
    """The first listed cross coin with room between bid and ask."""
    for asset in range(len(exchange.universe)):
        one = exchange.universe[asset]
        bid, ask = exchange.matching.best_px(asset)
        if one.only_isolated or not bid:
            continue
        tick = tick_units(bid, one.px_decimals)
        if ask - bid > tick:
            down = -one.px_decimals
            lot = Decimal(1).scaleb(-one.sz_decimals)
            return Quote(
                coin=one.name,
                asset=asset,
                bid=Decimal(bid).scaleb(down),
                inside=Decimal(bid + tick).scaleb(down),
                ask=Decimal(ask).scaleb(down),
                lot=lot,
                tick=Decimal(tick).scaleb(down),
            )
    raise AssertionError("no spread is wide enough")


def size_for(quote: Quote, dollars: int) -> Decimal:
    """About so many dollars' worth, in whole lots."""
    return (Decimal(dollars) / quote.ask / quote.lot).to_integral_value() * quote.lot


def on_tick(quote: Quote, px: Decimal) -> Decimal:
    """The nearest price on the quote's own grid."""
    return (px / quote.tick).to_integral_value() * quote.tick


class LedgerFill(NamedTuple):
    """A fill in the ledger's own exact numbers, in dollars."""

    coin: str
    px: Decimal
    sz: Decimal
    is_buy: bool
    start: Decimal
    dir: str
    closed_pnl: Decimal
    fee: Decimal
    oid: int
    tid: int
    crossed: bool


def ledger_fills(exchange: Exchange, user: str) -> list[LedgerFill]:
    """A user's fills, oldest first."""
    return [_fill(exchange, one) for one in exchange.journal.history(user).fills]


def _fill(exchange: Exchange, one: Fill) -> LedgerFill:
    instrument = exchange.universe[one.asset]
    return LedgerFill(
        coin=instrument.name,
        px=Decimal(one.px).scaleb(-instrument.px_decimals),
        sz=Decimal(one.sz).scaleb(-instrument.sz_decimals),
        is_buy=one.is_buy,
        start=Decimal(one.start_szi).scaleb(-instrument.sz_decimals),
        dir=str(one.dir),
        closed_pnl=Decimal(one.closed_pnl).scaleb(-6),
        fee=Decimal(one.fee).scaleb(-6),
        oid=one.oid,
        tid=one.tid,
        crossed=one.crossed,
    )


def ledger_size(exchange: Exchange, user: str, coin: str) -> Decimal:
    """The signed size a user holds."""
    asset = exchange.asset(coin)
    szi = exchange.account(user).szi(asset)
    return Decimal(szi).scaleb(-exchange.universe[asset].sz_decimals)


def ledger_value(exchange: Exchange, user: str) -> Decimal:
    """What a user's account is worth."""
    state = exchange.account_state(user, exchange.now_ms)
    return Decimal(state.total.account_value).scaleb(-6)


def ledger_oids(exchange: Exchange, user: str) -> list[int]:
    """A user's living orders, newest first."""
    return [one.oid for one in exchange.open.of(user)]
