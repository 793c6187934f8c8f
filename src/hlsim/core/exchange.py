"""The exchange: market, orders and accounts as one object, driven by event time.

It knows no socket and no clock: whoever drives it says what time it is.
"""

from collections.abc import Iterator, Sequence

import msgspec

from hlsim.core.accounts import Account, Leverage
from hlsim.core.address_budget import AddressBudgets
from hlsim.core.charts import Charts
from hlsim.core.clearing import Clearing
from hlsim.core.commands import Command, Result
from hlsim.core.dead_man import DeadMan
from hlsim.core.desk import OrderDesk
from hlsim.core.dispatch import Dispatcher
from hlsim.core.execution import Executor, Moment
from hlsim.core.funding_desk import FundingDesk
from hlsim.core.gate import Asking, Gate
from hlsim.core.house import GENESIS
from hlsim.core.identity import Actor, Identities
from hlsim.core.ids import Ids
from hlsim.core.intervals import MINUTE_MS
from hlsim.core.journal import Journal, News
from hlsim.core.judging import Judge
from hlsim.core.leverage_desk import LeverageDesk
from hlsim.core.liquidation import Liquidator
from hlsim.core.margin import AccountState, account_state, marks_at
from hlsim.core.market import Book, Changes, Context, FundingRate, Market, Trade
from hlsim.core.matching import Matching
from hlsim.core.open_orders import OpenOrders
from hlsim.core.orders import Status
from hlsim.core.pit import Pit
from hlsim.core.refusal import Refused
from hlsim.core.terms import Terms
from hlsim.core.timers import Timers
from hlsim.core.transfers import Transfers
from hlsim.core.triggers import Triggers
from hlsim.core.twap import TwapDesk
from hlsim.core.universe import FIRST_DEX, Universe

FUNDING_ROWS = 500


class UnknownCoinError(LookupError):
    """Somebody asked for a coin that is not in the universe."""

    def __init__(self, coin: str) -> None:
        self.coin = coin
        super().__init__(coin)

    def __str__(self) -> str:
        return f"there is no coin called {self.coin!r}"


class Happened(msgspec.Struct, frozen=True):
    """What happened at once: to the market, and to users."""

    changes: Changes
    news: Sequence[News] = ()


class Exchange:
    """All state of the simulated exchange."""

    def __init__(
        self, market: Market, *, seed: int, start_ms: int, terms: Terms | None = None
    ) -> None:
        """Open on ``market`` at ``start_ms``, with nobody's money."""
        terms = self.terms = terms or Terms()
        self.market = market
        self.charts = Charts(market)
        self._started_ms = self.now_ms = start_ms
        self.identities = Identities(
            vaults=terms.vaults,
            agent_rules=terms.agents,
            sub_account_rules=terms.sub_accounts,
        )
        self.budgets = AddressBudgets(terms.address_allowance)
        pit = self._build_pit(seed)
        self._build_desks(pit, terms, seed)
        self.gate = Gate(self.identities, self.budgets)
        self.dispatcher = Dispatcher(
            gate=self.gate,
            identities=self.identities,
            budgets=self.budgets,
            clearing=self.clearing,
            orders=self.orders,
            twaps=self.twaps,
            leverage=LeverageDesk(pit),
            transfers=self.transfers,
            dead_man=self.dead_man,
        )
        self.funding.begin(start_ms)

    def _build_pit(self, seed: int) -> Pit:
        self.journal = Journal()
        self.timers = Timers()
        self._ids = Ids(seed)
        self.clearing = Clearing(self.market, self.journal, self.budgets, seed)
        self.matching = Matching(self.market)
        self.open = OpenOrders(self.matching, self.clearing)
        return Pit(
            market=self.market,
            matching=self.matching,
            clearing=self.clearing,
            open=self.open,
            journal=self.journal,
            ids=self._ids,
            timers=self.timers,
        )

    def _build_desks(self, pit: Pit, terms: Terms, seed: int) -> None:
        self.executor = Executor(pit)
        self.judge = Judge(pit, self.executor)
        self.orders = OrderDesk(pit, self.executor, self.judge, terms)
        self.triggers = Triggers(pit, self.executor, self.judge, self.orders)
        self.liquidator = Liquidator(pit, self.executor)
        self.funding = FundingDesk(pit, seed)
        self.twaps = TwapDesk(pit, self.orders, seed)
        self.transfers = Transfers(pit, self.identities)
        self.dead_man = DeadMan(pit, self.orders, terms.scheduled_cancel_volume)

    @property
    def universe(self) -> Universe:
        """The instruments, by asset."""
        return self.market.universe

    def asset(self, coin: str) -> int:
        """Return the asset of ``coin``; raises UnknownCoinError."""
        asset = self.universe.asset(coin)
        if asset is None:
            raise UnknownCoinError(coin)
        return asset

    def deposit(self, user: str, usd: int, now_ms: int) -> None:
        """Give a user (lower-case address) micro-dollars; it exists from then on."""
        self.transfers.deposit(user, usd, now_ms)

    def grant(
        self, user: str, asset: int, *, szi: int, px: int, leverage: Leverage
    ) -> None:
        """Give a user a position that it entered at ``px``, before the start."""
        account = self.clearing.account(user, asset)
        account.leverages[asset] = leverage
        self.clearing.move(account, asset, szi, px)
        self.clearing.move(self.clearing.account(GENESIS, asset), asset, -szi, px)

    def ask(
        self, asking: Asking, command: Command, now_ms: int, *, skew_ms: int = 0
    ) -> Result:
        """Carry out a command of whoever signed it, or say why not.

        The gate's clock may be ``skew_ms`` ahead of the exchange's: a fault.
        """
        actor = self.gate.admit(asking, command, now_ms + skew_ms)
        if isinstance(actor, Refused):
            return actor
        return self._carry_out(command, actor, now_ms)

    def act(self, user: str, command: Command, now_ms: int) -> Result:
        """Carry out a user's command without signature, nonce and budget."""
        actor = Actor(signer=user, master=user, user=user)
        return self._carry_out(command, actor, now_ms)

    def _carry_out(self, command: Command, actor: Actor, now_ms: int) -> Result:
        self.now_ms = max(self.now_ms, now_ms)
        at = Moment(now_ms, self._ids.tx_hash())
        return self.dispatcher.carry_out(command, actor, at)

    def advance(self, now_ms: int) -> Iterator[Happened]:
        """Live up to ``now_ms``; yields what happened, block by block.

        What is timed meets the market of its own time, however rarely one looks.
        """
        while (due_ms := self.timers.next_ms) is not None and due_ms < now_ms:
            yield from self._lived_up_to(due_ms)
        yield from self._lived_up_to(now_ms)

    def _lived_up_to(self, now_ms: int) -> Iterator[Happened]:
        for block in self.market.advance(now_ms):
            self.now_ms = block.time_ms
            self.timers.run(block.time_ms)
            yield self._lived(block)
            if own := self.happened(block.time_ms):
                yield own
        # Somebody else may have driven on while this was waiting to be asked again.
        self.now_ms = max(self.now_ms, now_ms)
        self.timers.run(now_ms)
        if own := self.happened(now_ms):
            yield own

    def _lived(self, block: Changes) -> Happened:
        at = block.time_ms
        for asset in block.listed:
            if self.universe[asset].is_delisted:
                self._wind_up(asset)
        for asset in block.quoted:
            if self.matching.is_active(asset):
                self.matching.renew(asset)
                self.executor.sweep(asset, at)
        traded = [(asset, self._met(asset, trades)) for asset, trades in block.trades]
        self.triggers.check(at)
        self.liquidator.check(at)
        return Happened(msgspec.structs.replace(block, trades=traded))

    def _met(self, asset: int, trades: Sequence[Trade]) -> tuple[Trade, ...]:
        done: list[Trade] = []
        for one in trades:
            done += self.executor.print_ambient(asset, one)
        self.market.printed(asset, done)
        return tuple(done)

    def delist(self, asset: int) -> None:
        """Take a coin out of trading: orders are canceled, positions settled.

        They are settled at the mark price, which stands still from then on.
        """
        self.market.delist(asset)
        self._wind_up(asset)

    def _wind_up(self, asset: int) -> None:
        # No maker quotes anew, so what was left of the last ladder would stay.
        self.matching.renew(asset)
        self.executor.touch(asset)
        for user in self.open.everyone():
            for order in self.open.of(user):
                if order.asset == asset and self.open.get(user, order.oid) is not None:
                    self.executor.cancel(order, Status.DELISTED_CANCELED, self.now_ms)
        mark_px = self.market.mark_px(asset, self.now_ms)
        tx_hash = self._ids.tx_hash()
        self.clearing.settle_positions(asset, mark_px, self.now_ms, tx_hash)

    def liquidate(self, user: str) -> bool:
        """Liquidate a user whatever its margin is: a fault. False without positions."""
        return self.liquidator.force(user, self.now_ms)

    def hold_back(self, asset: int, minutes: int) -> None:
        """Let a coin not trade for whole minutes, from the next one on: a fault.

        Their candles are missing, and appear flat a minute after the last of them.
        Raises ValueError if the market cannot do it.
        """
        self.market.hold_back(asset, minutes)
        first = self.now_ms - self.now_ms % MINUTE_MS + MINUTE_MS
        late = first + (minutes + 1) * MINUTE_MS
        self.timers.at(late, lambda _: self.market.publish_flat(asset))

    def happened(self, now_ms: int) -> Happened | None:
        """Return what users caused since the last call, None if that is nothing."""
        touched, printed = self.executor.drain()
        self.matching.changed(touched, now_ms)
        news = self.journal.drain()
        if not touched and not printed and not news:
            return None
        return Happened(Changes(now_ms, touched, printed), news)

    def book(self, asset: int) -> Book:
        """Return the book everybody sees, up to 20 levels a side."""
        return self.matching.book(asset)

    def top(self, asset: int) -> Book:
        """Return the best level a side."""
        return self.matching.top(asset)

    def mid_halves(self, asset: int) -> int | None:
        """Return bid + ask; None without a two-sided book."""
        bid, ask = self.matching.best_px(asset)
        return bid + ask if bid and ask else None

    def context(self, asset: int, now_ms: int) -> Context:
        """Return a coin's context with the funding and interest that are lived."""
        context = self.market.context(asset, now_ms)
        rate = self.funding.estimate(asset)
        return msgspec.structs.replace(
            context,
            funding=context.funding if rate is None else rate,
            open_interest=context.open_interest
            + self.clearing.open_interest.get(asset, 0),
        )

    def funding_history(
        self, asset: int, start_ms: int, end_ms: int
    ) -> list[FundingRate]:
        """Return up to 500 hourly rates of the span (inclusive), ascending."""
        past = self.market.funding_history(
            asset, start_ms, min(end_ms, self._started_ms)
        )
        lived = [
            one
            for one in self.funding.history(asset)
            if start_ms <= one.time_ms <= end_ms
        ]
        return [*past, *lived][:FUNDING_ROWS]

    def account(self, user: str, dex: str = FIRST_DEX) -> Account:
        """Return a user's account; an unknown one is an empty one."""
        return self.clearing.accounts.find(user, dex) or Account(user, dex)

    def account_state(
        self, user: str, now_ms: int, dex: str = FIRST_DEX
    ) -> AccountState:
        """Value a user's account at the current marks."""
        mark = marks_at(self.market, now_ms)
        return account_state(self.account(user, dex), self.universe, mark)
