"""Clearing: a trade becomes two fills, moves two accounts, and is told to both users.

Conservation is by construction: what one side pays the other receives, fees go to the
exchange's own account, and every amount is an integer.
"""

import msgspec

from hlsim.core.accounts import Account, Accounts
from hlsim.core.address_budget import AddressBudgets
from hlsim.core.fees import FeeDesk, builder_fee
from hlsim.core.house import FEES, HOUSE
from hlsim.core.journal import BACKSTOP_METHOD, Fill, Journal, Liquidation
from hlsim.core.market import Market, Trade
from hlsim.core.orders import Builder, Order
from hlsim.core.positions import Direction
from hlsim.core.rng import mix, stream

_TID_MASK = (1 << 50) - 1


class Party(msgspec.Struct, frozen=True):
    """One side of a trade; an ambient participant has no order of ours."""

    user: str
    oid: int
    order: Order | None = None


class Deal(msgspec.Struct, frozen=True, kw_only=True):
    """What two parties agreed on; ``is_buy`` is the taker's side."""

    asset: int
    px: int
    sz: int
    is_buy: bool
    taker: Party
    maker: Party
    time_ms: int
    hash: str
    liquidation: Liquidation | None = None


class Clearing:
    """Accounts, fees and open interest."""

    def __init__(
        self, market: Market, journal: Journal, budgets: AddressBudgets, seed: int
    ) -> None:
        """Begin with the empty accounts of the market's participants."""
        self._market = market
        self._journal = journal
        self._ambient = frozenset(market.participants)
        self.accounts = Accounts({*market.participants, *HOUSE})
        self.fees = FeeDesk()
        self._budgets = budgets
        self.builder_rewards: dict[str, int] = {}
        self.open_interest: dict[int, int] = {}
        self._base = stream(seed, 0xC1)

    def account(self, user: str, asset: int) -> Account:
        """Return the account of a user on the dex of a coin."""
        return self.accounts.get(user, self._market.universe[asset].dex)

    def settle(self, deal: Deal) -> Trade:
        """Book a deal on both accounts; returns what the public sees of it."""
        tid = self._tid(deal)
        self._book(deal, deal.taker, tid, is_buy=deal.is_buy, crossed=True)
        self._book(deal, deal.maker, tid, is_buy=not deal.is_buy, crossed=False)
        self.fees.count(deal.px * deal.sz, deal.time_ms)
        buyer, seller = deal.taker.user, deal.maker.user
        if not deal.is_buy:
            buyer, seller = seller, buyer
        return Trade(
            side="B" if deal.is_buy else "A",
            px=deal.px,
            sz=deal.sz,
            time_ms=deal.time_ms,
            hash=deal.hash,
            tid=tid,
            users=(buyer, seller),
        )

    def settle_ambient(self, asset: int, trade: Trade) -> None:
        """Book a trade of two ambient participants: no fees, no history.

        Whoever trades in a real market that is played has no account here.
        """
        buyer, seller = trade.users
        if buyer not in self._ambient or seller not in self._ambient:
            return
        self.move(self.account(buyer, asset), asset, trade.sz, trade.px)
        self.move(self.account(seller, asset), asset, -trade.sz, trade.px)
        self.fees.count(trade.px * trade.sz, trade.time_ms)

    def settle_positions(self, asset: int, px: int, now_ms: int, tx_hash: str) -> None:
        """Close all positions of a coin at one price, without fee: it was delisted.

        Sizes sum up to nothing, so that no cash is made or lost by it.
        """
        for account in self.accounts:
            szi = account.szi(asset)
            if not szi:
                continue
            leverage = account.leverage(asset, self._market.universe[asset])
            effect = account.trade(asset, -szi, px, leverage)
            self._count_interest(asset, szi, 0)
            if not account.is_house:
                self._journal.fill(
                    Fill(
                        user=account.user,
                        asset=asset,
                        px=px,
                        sz=abs(szi),
                        is_buy=szi < 0,
                        time_ms=now_ms,
                        start_szi=szi,
                        dir=Direction.SETTLEMENT,
                        closed_pnl=effect.closed_pnl,
                        hash=tx_hash,
                        oid=0,
                        crossed=True,
                        fee=0,
                        tid=mix(self._base ^ mix(asset) ^ _number(account)) & _TID_MASK,
                    )
                )

    def _tid(self, deal: Deal) -> int:
        buyer, seller = deal.taker.oid, deal.maker.oid
        if not deal.is_buy:
            buyer, seller = seller, buyer
        return mix(self._base ^ mix(buyer) ^ mix(mix(seller))) & _TID_MASK

    def move(self, account: Account, asset: int, change: int, px: int) -> None:
        """Buy (or sell, if negative) for an account without fee and history."""
        instrument = self._market.universe[asset]
        before = account.szi(asset)
        account.trade(asset, change, px, account.leverage(asset, instrument))
        self._count_interest(asset, before, before + change)

    def _count_interest(self, asset: int, before: int, after: int) -> None:
        grown = max(after, 0) - max(before, 0)
        if grown:
            self.open_interest[asset] = self.open_interest.get(asset, 0) + grown

    def _book(
        self, deal: Deal, party: Party, tid: int, *, is_buy: bool, crossed: bool
    ) -> None:
        account = self.account(party.user, deal.asset)
        change = deal.sz if is_buy else -deal.sz
        if account.is_house:
            self.move(account, deal.asset, change, deal.px)
            return
        instrument = self._market.universe[deal.asset]
        leverage = account.leverage(deal.asset, instrument)
        effect = account.trade(deal.asset, change, deal.px, leverage)
        self._count_interest(deal.asset, effect.start_szi, effect.start_szi + change)
        order = party.order
        paid, extra = self._charge(account, deal, order, crossed=crossed)
        self._journal.fill(
            Fill(
                user=party.user,
                asset=deal.asset,
                px=deal.px,
                sz=deal.sz,
                is_buy=is_buy,
                time_ms=deal.time_ms,
                start_szi=effect.start_szi,
                dir=effect.dir,
                closed_pnl=effect.closed_pnl,
                hash=deal.hash,
                oid=party.oid,
                crossed=crossed,
                fee=paid + extra,
                tid=tid,
                cloid=order.cloid if order else None,
                builder_fee=extra,
                twap_id=order.twap_id if order else None,
                liquidation=deal.liquidation,
            )
        )

    def _charge(
        self, account: Account, deal: Deal, order: Order | None, *, crossed: bool
    ) -> tuple[int, int]:
        notional = deal.px * deal.sz
        if deal.liquidation is not None and deal.liquidation.method == BACKSTOP_METHOD:
            return 0, 0
        paid = self.fees.charge(account.user, notional, deal.time_ms, crossed=crossed)
        self._budgets.of(account.user).trade(notional)
        extra = 0
        builder: Builder | None = order.builder if order else None
        if builder is not None:
            extra = builder_fee(notional, builder.fee)
            reward = self.builder_rewards.get(builder.address, 0)
            self.builder_rewards[builder.address] = reward + extra
        account.raw_usd -= paid + extra
        self.accounts.get(FEES, account.dex).raw_usd += paid + extra
        return paid, extra


def _number(account: Account) -> int:
    return int(account.user, 16) & (1 << 64) - 1
