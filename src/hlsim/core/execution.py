"""Carries trades out: an order against the book, and the market against the orders."""

from collections.abc import Sequence

import msgspec

from hlsim.core import margin
from hlsim.core.clearing import Deal, Party
from hlsim.core.journal import Canceled, Liquidation
from hlsim.core.market import Trade
from hlsim.core.matching import Match
from hlsim.core.orders import Order, Status, Tif
from hlsim.core.pit import Pit


class Moment(msgspec.Struct, frozen=True):
    """When something happens, and in which transaction."""

    now_ms: int
    hash: str
    liquidation: Liquidation | None = None


class Executor:
    """Matches, books, and tells; knows no rules about what may be ordered."""

    def __init__(self, pit: Pit) -> None:
        """Work on the books and accounts of ``pit``."""
        self._market = pit.market
        self._matching = pit.matching
        self._clearing = pit.clearing
        self._journal = pit.journal
        self._ids = pit.ids
        self._open = pit.open
        self._ambient = frozenset(pit.market.participants)
        self._printed: list[tuple[int, tuple[Trade, ...]]] = []
        self._touched: set[int] = set()

    def drain(self) -> tuple[list[int], list[tuple[int, tuple[Trade, ...]]]]:
        """Return coins whose book changed, and what traded, since the last call."""
        touched, self._touched = sorted(self._touched), set()
        printed, self._printed = self._printed, []
        return touched, printed

    def touch(self, asset: int) -> None:
        """Take note that a coin's book changed."""
        self._touched.add(asset)

    def run(self, taker: Order, at: Moment) -> int:
        """Trade an order as far as the book goes; returns its cost in micro-dollars."""
        trades: list[Trade] = []
        cost = 0
        while taker.sz and (match := self._matching.next(taker)) is not None:
            allowed = self._allowed(taker, match, at)
            if allowed is None:
                continue
            if not allowed.sz:
                break
            trades.append(self._trade(taker, allowed, at))
            cost += allowed.px * allowed.sz
        self._tell(taker.asset, trades)
        return cost

    def _allowed(self, taker: Order, match: Match, at: Moment) -> Match | None:
        """Return the match cut to what both sides may do; None once a maker is gone."""
        sz = match.sz
        if taker.reduce_only:
            sz = min(sz, self.reducible(taker))
        maker = match.maker
        if maker is not None:
            if maker.user == taker.user:
                self.cancel(maker, Status.SELF_TRADE_CANCELED, at.now_ms)
                return None
            if maker.reduce_only:
                sz = min(sz, self.reducible(maker))
                if not sz:
                    self.cancel(maker, Status.REDUCE_ONLY_CANCELED, at.now_ms)
                    return None
            elif not self._is_affordable(maker, at.now_ms):
                self.cancel(maker, Status.MARGIN_CANCELED, at.now_ms)
                return None
        return match if sz == match.sz else Match(match.px, sz, maker)

    def reducible(self, order: Order) -> int:
        """Return how much an order can close."""
        account = self._clearing.account(order.user, order.asset)
        szi = account.szi(order.asset)
        return max(-szi if order.is_buy else szi, 0)

    def _is_affordable(self, order: Order, now_ms: int) -> bool:
        """Tell whether a resting order's account can still carry what it opens."""
        # A position turned into at most its size binds no more than it did.
        if order.sz <= 2 * self.reducible(order):
            return True
        account = self._clearing.account(order.user, order.asset)
        universe = self._market.universe
        mark = margin.marks_at(self._market, now_ms)
        value = margin.cross_value(account, mark)
        return margin.bound(account, universe, mark) <= value

    def _trade(self, taker: Order, match: Match, at: Moment) -> Trade:
        maker = match.maker
        other = (
            Party(self._market.maker(taker.asset), self._ids.oid())
            if maker is None
            else Party(maker.user, maker.oid, maker)
        )
        trade = self._settle(taker, other, match, at)
        self._matching.took(taker, match)
        if maker is not None:
            self._after(maker, match.sz, at.now_ms)
        self._recheck(taker.user, taker.asset, at.now_ms, taker.parent)
        return trade

    def _settle(self, taker: Order, maker: Party, match: Match, at: Moment) -> Trade:
        return self._clearing.settle(
            Deal(
                asset=taker.asset,
                px=match.px,
                sz=match.sz,
                is_buy=taker.is_buy,
                taker=Party(taker.user, taker.oid, taker),
                maker=maker,
                time_ms=at.now_ms,
                hash=at.hash,
                liquidation=at.liquidation,
            )
        )

    def _after(self, maker: Order, sz: int, now_ms: int) -> None:
        """Tell what a fill left of a resting order."""
        self._open.shrink(maker, sz)
        if maker.sz:
            self._journal.order(maker, Status.OPEN, now_ms)
        else:
            self.finish(maker, Status.FILLED, now_ms)
        self._recheck(maker.user, maker.asset, now_ms, maker.parent)

    def finish(self, order: Order, status: Status, now_ms: int) -> None:
        """End a living order with ``status``, and what hangs on it."""
        self._open.drop(order)
        self._journal.order(order, status, now_ms)
        self.touch(order.asset)
        self.settle_children(order, status, now_ms)

    def settle_children(self, order: Order, status: Status, now_ms: int) -> None:
        """Do to an order's children what its end means to them."""
        if status is Status.FILLED:
            self.release_children(order, now_ms)
            self.end_siblings(order, now_ms)
            return
        for oid in order.children:
            child = self._open.get(order.user, oid)
            if child is not None and self._open.is_held_back(child):
                self.finish(child, Status.CANCELED, now_ms)

    def release_children(self, order: Order, now_ms: int) -> None:
        """Let the children of a filled order wait for their triggers."""
        for oid in order.children:
            child = self._open.get(order.user, oid)
            if child is not None and self._open.is_held_back(child):
                self._open.release(child)
                self._journal.order(child, Status.OPEN, now_ms)

    def end_siblings(self, order: Order, now_ms: int) -> None:
        """Cancel the other order of a pair, once one of take-profit and stop filled."""
        if order.parent is None:
            return
        for other in self._open.of(order.user):
            if other.parent == order.parent and other.oid != order.oid:
                self.cancel(other, Status.SIBLING_FILLED_CANCELED, now_ms)

    def cancel(self, order: Order, status: Status, now_ms: int) -> None:
        """Cancel a living order; what the user did not ask for is also told as news."""
        self.finish(order, status, now_ms)
        if status is not Status.CANCELED:
            self._journal.tell([Canceled(order.user, order.asset, order.oid)])

    def vanish(self, order: Order, now_ms: int) -> None:
        """Let a living order be gone without news: only who asks finds out (O11)."""
        self._open.drop(order)
        self._journal.keep(order, Status.INTERNAL_CANCEL, now_ms)
        self.touch(order.asset)
        for oid in order.children:
            child = self._open.get(order.user, oid)
            if child is not None and self._open.is_held_back(child):
                self.vanish(child, now_ms)

    def _recheck(
        self, user: str, asset: int, now_ms: int, parent: int | None = None
    ) -> None:
        """Cancel reduce-only orders that have nothing left to reduce.

        ``parent`` is that of the order which traded: its sibling ends as one.
        """
        for order in self._open.reducing(user, asset):
            if self.reducible(order) or self._open.get(user, order.oid) is None:
                continue
            is_sibling = parent is not None and order.parent == parent
            status = Status.REDUCE_ONLY_CANCELED
            if is_sibling:
                status = Status.SIBLING_FILLED_CANCELED
            self.cancel(order, status, now_ms)

    def _tell(self, asset: int, trades: Sequence[Trade]) -> None:
        if trades:
            self._market.printed(asset, trades)
            self._printed.append((asset, tuple(trades)))
            self.touch(asset)

    def print_ambient(self, asset: int, trade: Trade) -> tuple[Trade, ...]:
        """Let a participant's trade meet resting orders; returns what traded."""
        if not self._matching.has_orders(asset):
            self._clearing.settle_ambient(asset, trade)
            return (trade,)
        is_buy = trade.side == "B"
        user = trade.users[0 if is_buy else 1]
        if user not in self._ambient:
            user = self._market.maker(asset)
        taker = self._ambient_order(asset, user, trade.px, trade.sz, is_buy)
        at = Moment(trade.time_ms, trade.hash)
        done: list[Trade] = []
        ambient = 0
        while (match := self._matching.next_for_print(taker)) is not None:
            allowed = self._allowed(taker, match, at)
            if allowed is None:
                continue
            if allowed.maker is None:
                ambient += allowed.sz
                self._matching.printed(taker, allowed)
            else:
                done.append(self._trade(taker, allowed, at))
        if ambient + taker.sz:
            rest = msgspec.structs.replace(trade, sz=ambient + taker.sz)
            self._clearing.settle_ambient(asset, rest)
            done.append(rest)
        if len(done) > 1 or done[0] is not trade:
            self.touch(asset)
        return tuple(done)

    def sweep(self, asset: int, now_ms: int) -> None:
        """Let makers whose new ladder crosses resting orders take those."""
        trades: list[Trade] = []
        at = Moment(now_ms, self._ids.tx_hash())
        while (order := self._matching.crossed(asset)) is not None:
            bids, asks = self._matching.depth.ladders(asset)
            ladder = asks if order.is_buy else bids
            offered = ladder.best.sz if ladder.best is not None else 0
            taker = self._ambient_order(
                asset, self._market.maker(asset), order.px, offered, not order.is_buy
            )
            match = Match(order.px, min(offered, order.sz), order)
            allowed = self._allowed(taker, match, at)
            if allowed is not None:
                ladder.take(allowed.sz)
                trades.append(self._trade(taker, allowed, at))
        self._tell(asset, trades)

    def _ambient_order(
        self, asset: int, user: str, px: int, sz: int, is_buy: bool, /
    ) -> Order:
        return Order(
            oid=self._ids.oid(),
            user=user,
            asset=asset,
            is_buy=is_buy,
            px=px,
            sz=sz,
            orig_sz=sz,
            time_ms=0,
            tif=Tif.IOC,
        )
