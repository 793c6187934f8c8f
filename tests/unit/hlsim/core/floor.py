"""A trading floor for tests: an exchange on a scripted market, and short words for it.

Prices and sizes are texts in dollars and coins, as a reader would write them.
"""

from collections.abc import Sequence
from decimal import Decimal

from hlsim.core.accounts import Account
from hlsim.core.commands import (
    CancelOrders,
    CancelResults,
    Command,
    ModifyOrders,
    PlaceOrders,
    Result,
    Statuses,
    UpdateLeverage,
)
from hlsim.core.exchange import Exchange
from hlsim.core.intervals import DAY_MS
from hlsim.core.journal import Fill, News
from hlsim.core.numbers import decimal_string
from hlsim.core.orders import (
    Builder,
    Filled,
    Grouping,
    Order,
    OrderRequest,
    Outcome,
    Rejected,
    Resting,
    Status,
    Tif,
    Tpsl,
    TriggerRequest,
)
from hlsim.core.terms import Terms
from tests.unit.hlsim.core.scripted_market import COIN, ScriptedMarket, as_port

ALICE, BOB, CAROL = ("0x" + letter * 40 for letter in "abc")
# Far from midnight and from the hour: neither funding nor a new day comes by itself.
NOON = 20_000 * DAY_MS + DAY_MS // 2 + 60_000
USD = 10**6


def e8(text: str) -> int:
    return int(Decimal(text).scaleb(8))


def usd(text: str) -> int:
    """Read dollars as micro-dollars."""
    return int(Decimal(text).scaleb(6))


def order(
    side: str,
    sz: str,
    px: str,
    *,
    asset: int = COIN,
    tif: Tif | None = Tif.GTC,
    reduce_only: bool = False,
    cloid: str | None = None,
) -> OrderRequest:
    return OrderRequest(
        asset=asset,
        is_buy=side == "buy",
        px_e8=e8(px),
        sz_e8=e8(sz),
        reduce_only=reduce_only,
        tif=tif,
        cloid=cloid,
    )


def trigger(
    side: str,
    sz: str,
    at: str,
    tpsl: Tpsl,
    *,
    limit: str | None = None,
    asset: int = COIN,
    reduce_only: bool = True,
) -> OrderRequest:
    """A trigger order; without ``limit`` one at market, a tenth away at most."""
    away = Decimal(at) * (Decimal("1.1") if side == "buy" else Decimal("0.9"))
    return OrderRequest(
        asset=asset,
        is_buy=side == "buy",
        px_e8=e8(limit or str(away)),
        sz_e8=e8(sz),
        reduce_only=reduce_only,
        tif=None,
        trigger=TriggerRequest(limit is None, e8(at), tpsl),
    )


class Floor:
    """The exchange with three users of a million dollars each, no fees hidden."""

    def __init__(
        self, *, keeps_queue: bool = False, terms: Terms | None = None
    ) -> None:
        self.market = ScriptedMarket(keeps_queue=keeps_queue)
        self.now_ms = NOON
        self.exchange = Exchange(
            as_port(self.market), seed=7, start_ms=NOON, terms=terms
        )
        for user in (ALICE, BOB, CAROL):
            self.exchange.deposit(user, 1_000_000 * USD, NOON)
        self.exchange.happened(NOON)

    def act(self, user: str, command: Command) -> Result:
        return self.exchange.act(user, command, self.now_ms)

    def batch(
        self,
        user: str,
        *orders: OrderRequest,
        grouping: Grouping = Grouping.NA,
        builder: Builder | None = None,
    ) -> Sequence[Outcome]:
        command = PlaceOrders(orders=orders, grouping=grouping, builder=builder)
        result = self.act(user, command)
        assert isinstance(result, Statuses)
        return result.outcomes

    def place(self, user: str, one: OrderRequest) -> Outcome:
        (outcome,) = self.batch(user, one)
        return outcome

    def buy(self, user: str, sz: str, px: str, tif: Tif = Tif.GTC) -> Outcome:
        return self.place(user, order("buy", sz, px, tif=tif))

    def sell(self, user: str, sz: str, px: str, tif: Tif = Tif.GTC) -> Outcome:
        return self.place(user, order("sell", sz, px, tif=tif))

    def rest(self, user: str, one: OrderRequest) -> int:
        """Place an order that must rest; return its oid."""
        outcome = self.place(user, one)
        assert isinstance(outcome, Resting), outcome
        return outcome.oid

    def fill(self, user: str, one: OrderRequest) -> Filled:
        """Place an order that must trade at once."""
        outcome = self.place(user, one)
        assert isinstance(outcome, Filled), outcome
        return outcome

    def refused(self, user: str, one: OrderRequest) -> Rejected:
        """Place an order that must not be taken."""
        outcome = self.place(user, one)
        assert isinstance(outcome, Rejected), outcome
        return outcome

    def cancel(self, user: str, target: int | str, asset: int = COIN) -> str | None:
        result = self.act(user, CancelOrders(targets=[(asset, target)]))
        assert isinstance(result, CancelResults)
        return result.errors[0]

    def modify(self, user: str, target: int | str, one: OrderRequest) -> Outcome:
        result = self.act(user, ModifyOrders(modifies=[(target, one)]))
        assert isinstance(result, Statuses)
        return result.outcomes[0]

    def leverage(
        self, user: str, leverage: int, *, is_cross: bool = True, asset: int = COIN
    ) -> Result:
        return self.act(
            user, UpdateLeverage(asset=asset, is_cross=is_cross, leverage=leverage)
        )

    def have_traded(self, user: str, dollars: str) -> None:
        """Count volume for a user, without trades."""
        fees = self.exchange.clearing.fees
        fees.charge(user, usd(dollars), self.now_ms, crossed=True)

    def long(self, user: str, sz: str, *, asset: int = COIN, px: str = "100") -> None:
        """Let a user own a long position, bought from Carol."""
        self.fill_between(user, CAROL, sz, asset=asset, px=px)

    def short(self, user: str, sz: str, *, asset: int = COIN, px: str = "100") -> None:
        """Let a user own a short position, sold to Carol."""
        self.fill_between(CAROL, user, sz, asset=asset, px=px)

    def fill_between(
        self, buyer: str, seller: str, sz: str, *, asset: int = COIN, px: str = "100"
    ) -> None:
        self.rest(seller, order("sell", sz, px, asset=asset))
        self.fill(buyer, order("buy", sz, px, asset=asset))

    def pass_ms(self, passed_ms: int) -> list[News]:
        """Let time pass; return the news of it."""
        self.now_ms += passed_ms
        happened = list(self.exchange.advance(self.now_ms))
        return [news for one in happened for news in one.news]

    def mark(self, px: str, asset: int = COIN) -> list[News]:
        """Let the next block move the mark price."""
        self.market.block(self.now_ms + 200, marks={asset: px})
        return self.pass_ms(200)

    def account(self, user: str, dex: str = "") -> Account:
        return self.exchange.account(user, dex)

    def szi(self, user: str, asset: int = COIN) -> str:
        held = self.account(user, self.market.universe[asset].dex).szi(asset)
        return decimal_string(held, self.market.universe[asset].sz_decimals)

    def fills(self, user: str) -> list[Fill]:
        return list(self.exchange.journal.history(user).fills)

    def fill_texts(self, user: str) -> list[str]:
        """Return a user's fills as `side size@price`, oldest first."""
        return [
            f"{'buy' if one.is_buy else 'sell'} {self._sz(one)}@{self._px(one)}"
            for one in self.fills(user)
        ]

    def _sz(self, one: Fill) -> str:
        places = self.market.universe[one.asset].sz_decimals
        return decimal_string(one.sz, places).removesuffix(".0")

    def _px(self, one: Fill) -> str:
        places = self.market.universe[one.asset].px_decimals
        return decimal_string(one.px, places).removesuffix(".0")

    def status(self, user: str, oid: int) -> Status:
        return self.exchange.journal.history(user).last[oid].status

    def open(self, user: str) -> list[Order]:
        return list(self.exchange.open.of(user))

    def open_oids(self, user: str) -> list[int]:
        return [one.oid for one in self.open(user)]
