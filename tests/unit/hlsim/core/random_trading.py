"""Users who do anything at all on the synthetic market: for laws that always hold."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count

from hypothesis import strategies as st

from hlsim.core import commands as ask
from hlsim.core.exchange import Exchange, Happened
from hlsim.core.house import FEES
from hlsim.core.intervals import DAY_MS, HOUR_MS
from hlsim.core.numbers import floor_to_tick
from hlsim.core.orders import E8, Grouping, OrderRequest, Tif, Tpsl, TriggerRequest
from hlsim.core.terms import Terms
from hlsim.core.twap import TwapRequest
from hlsim.market.catalogue import dex_listing, listings
from hlsim.market.synthetic import SyntheticMarket

USERS = tuple("0x" + letter * 40 for letter in "abc")
USD = 10**6
START = 20_000 * DAY_MS + DAY_MS // 2
BLOCK_MS = 2_000
COINS = (
    *listings(3, 7),
    listings(20, 7)[17],  # only isolated
    dex_listing("xyz", "AAPL", Decimal(190), sz_decimals=2, max_leverage=10),
)
_TIFS = (Tif.GTC, Tif.GTC, Tif.IOC, Tif.ALO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What somebody does; what the numbers mean depends on ``kind``."""

    kind: str
    user: str
    coin: int
    is_buy: bool
    near: int
    dollars: int
    choice: int

    @property
    def is_odd(self) -> bool:
        return self.choice % 2 == 1


@dataclass(slots=True)
class Trading:
    """An exchange on which steps are done; `states` yields after each block."""

    exchange: Exchange
    now_ms: int = START
    listed: int = 0
    happened: list[Happened] = field(default_factory=list)
    cloids: Iterator[int] = field(default_factory=count)

    def do(self, step: Step) -> Iterator[None]:
        """Do a step; yields whenever the exchange has done something whole."""
        _STEPS[step.kind](self, step)
        if own := self.exchange.happened(self.now_ms):
            self.happened.append(own)
        yield

    def live(self, passed_ms: int) -> Iterator[None]:
        """Let time pass, block by block."""
        self.now_ms += passed_ms
        for one in self.exchange.advance(self.now_ms):
            self.happened.append(one)
            yield

    def act(self, step: Step, command: ask.Command) -> None:
        self.exchange.act(step.user, command, self.now_ms)

    def asset(self, step: Step) -> int:
        return step.coin % len(self.exchange.universe)

    def px(self, step: Step, near: int) -> int:
        """Return a valid price ``near`` thousandths off the mark, in units."""
        asset = self.asset(step)
        mark = self.exchange.market.mark_px(asset, self.now_ms)
        decimals = self.exchange.universe[asset].px_decimals
        return floor_to_tick(mark * (1000 + near) // 1000, decimals) or 1

    def order(self, step: Step, near: int, *, is_buy: bool) -> OrderRequest:
        asset = self.asset(step)
        instrument = self.exchange.universe[asset]
        px = self.px(step, near)
        sz = step.dollars * USD // px + 1
        return OrderRequest(
            asset=asset,
            is_buy=is_buy,
            px_e8=px * 10 ** (E8 - instrument.px_decimals),
            sz_e8=sz * 10 ** (E8 - instrument.sz_decimals),
            reduce_only=step.choice % 5 == 0,
            tif=_TIFS[step.choice % len(_TIFS)],
            cloid=f"0x{next(self.cloids):032x}" if step.is_odd else None,
        )

    def trigger(self, step: Step, near: int, tpsl: Tpsl) -> OrderRequest:
        """Return a trigger that is to close what the step opens."""
        away = near if step.is_buy == (tpsl is Tpsl.TP) else -near
        wish = self.order(step, away, is_buy=not step.is_buy)
        return OrderRequest(
            asset=wish.asset,
            is_buy=wish.is_buy,
            px_e8=wish.px_e8,
            sz_e8=wish.sz_e8,
            reduce_only=step.choice % 3 != 0,
            tif=None,
            trigger=TriggerRequest(step.is_odd, wish.px_e8, tpsl),
        )


def trading(seed: int) -> Trading:
    """Open an exchange for three users: one rich, two on the edge."""
    market = SyntheticMarket(
        COINS, seed=seed, start_ms=START, history_days=0, block_ms=BLOCK_MS
    )
    terms = Terms(scheduled_cancel_volume=0, vaults={"0x" + "e" * 40: USERS[0]})
    exchange = Exchange(market, seed=seed, start_ms=START, terms=terms)
    for user, dollars in zip(USERS, (1_000_000, 3_000, 500), strict=True):
        exchange.deposit(user, dollars * USD, START)
        send = ask.SendAsset(
            destination=user, source_dex="", destination_dex="xyz", usd=100 * USD
        )
        exchange.act(user, send, START)
    return Trading(exchange)


def _place(here: Trading, step: Step) -> None:
    wish = here.order(step, step.near, is_buy=step.is_buy)
    here.act(step, ask.PlaceOrders(orders=[wish]))


def _place_trigger(here: Trading, step: Step) -> None:
    group = (Grouping.NA, Grouping.POSITION_TPSL)[step.choice % 2]
    orders = [here.trigger(step, 3, Tpsl.TP), here.trigger(step, 3, Tpsl.SL)]
    here.act(step, ask.PlaceOrders(orders=orders, grouping=group))


def _bracket(here: Trading, step: Step) -> None:
    orders = [
        here.order(step, step.near, is_buy=step.is_buy),
        here.trigger(step, 2, Tpsl.TP),
        here.trigger(step, 2, Tpsl.SL),
    ]
    group = Grouping.NORMAL_TPSL
    here.act(step, ask.PlaceOrders(orders=orders, grouping=group))


def _cancel(here: Trading, step: Step) -> None:
    orders = here.exchange.open.of(step.user)
    if orders:
        one = orders[step.choice % len(orders)]
        target = one.cloid if one.cloid and step.is_odd else one.oid
        here.act(step, ask.CancelOrders(targets=[(one.asset, target)]))


def _modify(here: Trading, step: Step) -> None:
    orders = here.exchange.open.of(step.user)
    if orders:
        one = orders[step.choice % len(orders)]
        step = replace(step, coin=one.asset)
        wish = here.order(step, step.near, is_buy=one.is_buy)
        if one.trigger is not None:
            wish = here.trigger(step, 4, one.trigger.tpsl)
        here.act(step, ask.ModifyOrders(modifies=[(one.oid, wish)]))


def _leverage(here: Trading, step: Step) -> None:
    leverage = 1 + step.choice % 40
    asset = here.asset(step)
    wish = ask.UpdateLeverage(asset=asset, is_cross=step.is_buy, leverage=leverage)
    here.act(step, wish)


def _isolated(here: Trading, step: Step) -> None:
    usd = step.near * USD
    here.act(step, ask.UpdateIsolatedMargin(asset=here.asset(step), usd=usd))


def _transfer(here: Trading, step: Step) -> None:
    usd = step.dollars * USD // 100
    to = USERS[step.choice % len(USERS)]
    vault = "0x" + "e" * 40
    moves: tuple[ask.Command, ...] = (
        ask.SendUsd(destination=to, usd=usd),
        ask.TransferBetweenClasses(usd=usd, to_perp=step.is_buy),
        ask.Withdraw(destination=to, usd=usd),
        ask.SendAsset(destination=to, source_dex="", destination_dex="spot", usd=usd),
        ask.SendAsset(
            destination=to, source_dex="spot", destination_dex="xyz", usd=usd
        ),
        ask.VaultTransfer(vault=vault, is_deposit=step.is_buy, usd=usd),
        ask.ReserveRequestWeight(requests=step.dollars),
    )
    here.act(step, moves[step.choice % len(moves)])


def _twap(here: Trading, step: Step) -> None:
    asset = here.asset(step)
    lot = 10 ** (E8 - here.exchange.universe[asset].sz_decimals)
    request = TwapRequest(
        asset=asset,
        is_buy=step.is_buy,
        sz_e8=(step.dollars * USD // here.px(step, 0) + 1) * lot,
        reduce_only=step.is_odd,
        minutes=5,
        randomize=step.choice % 3 == 0,
    )
    here.act(step, ask.PlaceTwap(twap=request))


def _schedule(here: Trading, step: Step) -> None:
    here.act(step, ask.ScheduleCancel(time_ms=here.now_ms + 5_000 + step.dollars))


def _lose(here: Trading, step: Step) -> None:
    """Take most of somebody's cash, so that the account is liquidated in earnest."""
    accounts = here.exchange.clearing.accounts
    account = accounts.get(step.user)
    gone = (here.exchange.account_state(step.user, here.now_ms)).cross.account_value
    gone = max(gone, 0) * (90 + step.choice % 10) // 100
    account.raw_usd -= gone
    accounts.get(FEES).raw_usd += gone


def _lose_isolated(here: Trading, step: Step) -> None:
    """Take cash out of isolated positions, as a falling price would take equity."""
    accounts = here.exchange.clearing.accounts
    for held in accounts.get(step.user).positions.values():
        if not held.is_cross:
            gone = step.dollars * USD // 10
            held.raw_usd -= gone
            accounts.get(FEES).raw_usd += gone


def _liquidate(here: Trading, step: Step) -> None:
    here.exchange.liquidate(step.user)


def _delist(here: Trading, step: Step) -> None:
    asset = here.asset(step)
    if asset > 1 and not here.exchange.universe[asset].is_delisted:
        here.exchange.delist(asset)


def _enlist(here: Trading, step: Step) -> None:
    if here.listed < 3:
        here.listed += 1
        one = replace(COINS[1].instrument, name=f"NEW{here.listed}")
        here.exchange.market.enlist(one, 10_000 + step.dollars)


_STEPS: dict[str, Callable[[Trading, Step], None]] = {
    "place": _place,
    "trigger": _place_trigger,
    "bracket": _bracket,
    "cancel": _cancel,
    "modify": _modify,
    "leverage": _leverage,
    "isolated": _isolated,
    "transfer": _transfer,
    "twap": _twap,
    "schedule": _schedule,
    "lose": _lose,
    "lose_isolated": _lose_isolated,
    "liquidate": _liquidate,
    "delist": _delist,
    "enlist": _enlist,
    "pass": lambda here, step: None,
}
_USUAL = ["place"] * 8 + ["trigger", "bracket", "cancel", "modify", "leverage"] * 2
STEPS = st.builds(
    Step,
    kind=st.sampled_from([*_USUAL, *_STEPS]),
    user=st.sampled_from(USERS),
    coin=st.integers(0, 7),
    is_buy=st.booleans(),
    near=st.integers(-6, 6),
    dollars=st.integers(10, 30_000),
    choice=st.integers(0, 39),
)


def waits_ms(step: Step) -> int:
    """Return how long to live on after a step: mostly a block, rarely an hour."""
    if step.kind == "pass":
        return HOUR_MS if step.choice == 0 else 60_000
    return BLOCK_MS * (step.choice % 3)
