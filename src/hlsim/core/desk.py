"""The order desk: takes orders, cancels and modifies them (protocol document, §3)."""

from collections.abc import Sequence

from hlsim.core import rules
from hlsim.core.execution import Executor, Moment
from hlsim.core.judging import Judge
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
    Waiting,
)
from hlsim.core.pit import Pit
from hlsim.core.rules import Fitted
from hlsim.core.terms import Terms


class OrderDesk:
    """Judges orders and hands them to the executor."""

    def __init__(
        self, pit: Pit, executor: Executor, judge: Judge, terms: Terms
    ) -> None:
        """Take orders into the books of ``pit``, as far as ``judge`` lets them."""
        self._market = pit.market
        self._matching = pit.matching
        self._journal = pit.journal
        self._open = pit.open
        self._ids = pit.ids
        self._executor = executor
        self._judge = judge
        self._terms = terms

    def place(
        self,
        user: str,
        requests: Sequence[OrderRequest],
        at: Moment,
        *,
        grouping: Grouping = Grouping.NA,
        builder: Builder | None = None,
    ) -> list[Outcome]:
        """Take a batch of orders; each has its own outcome.

        What the payload alone shows to be wrong is told once, for the whole batch
        (§3.1), and nothing of it is taken; or for each order, if the terms say so.
        """
        fits = [self._fit(one, grouping, number) for number, one in enumerate(requests)]
        wrong = [one for one in fits if isinstance(one, Rejected)]
        if wrong and not (
            self._terms.batch_errors_are_each and grouping is Grouping.NA
        ):
            return [wrong[0]]
        orders = [
            fit
            if isinstance(fit, Rejected)
            else self._order(user, request, fit, at, builder)
            for request, fit in zip(requests, fits, strict=True)
        ]
        if grouping is Grouping.NORMAL_TPSL and len(orders) > 1:
            return self._bracket([o for o in orders if isinstance(o, Order)], at)
        return [
            one if isinstance(one, Rejected) else self._take_grouped(one, grouping, at)
            for one in orders
        ]

    def _fit(
        self, request: OrderRequest, grouping: Grouping, number: int
    ) -> Fitted | Rejected:
        fit = rules.fit(request, self._market.universe[request.asset])
        if isinstance(fit, Fitted) and _lacks_trigger(fit, grouping, number):
            fit = rules.BAD_TRIGGER
        return self.worded(fit, request.asset) if isinstance(fit, Rejected) else fit

    def _take_grouped(self, order: Order, grouping: Grouping, at: Moment) -> Outcome:
        if grouping is Grouping.POSITION_TPSL:
            _follow_position(order)
        return self.take(order, at)

    def _order(
        self,
        user: str,
        request: OrderRequest,
        fit: Fitted,
        at: Moment,
        builder: Builder | None,
    ) -> Order:
        return Order(
            oid=self._ids.oid(),
            user=user,
            asset=request.asset,
            is_buy=request.is_buy,
            px=fit.px,
            sz=fit.sz,
            orig_sz=fit.sz,
            time_ms=at.now_ms,
            tif=request.tif,
            reduce_only=request.reduce_only,
            cloid=request.cloid,
            trigger=fit.trigger,
            builder=builder,
        )

    def _bracket(self, orders: list[Order], at: Moment) -> list[Outcome]:
        """Take a parent whose take-profit and stop-loss wait for its fill."""
        parent, children = orders[0], orders[1:]
        parent.children = tuple(child.oid for child in children)
        for child in children:
            child.parent = parent.oid
            self._open.hold_back(child)
        outcome = self.take(parent, at)
        if isinstance(outcome, Filled) and not parent.sz:
            self._executor.release_children(parent, at.now_ms)
            return [outcome, *(Waiting.FOR_TRIGGER for _ in children)]
        if self._open.get(parent.user, parent.oid) is not None:
            return [outcome, *(Waiting.FOR_FILL for _ in children)]
        for child in children:
            if self._open.get(child.user, child.oid) is not None:
                self._open.drop(child)
        return [outcome]

    def take(self, order: Order, at: Moment) -> Outcome:
        """Judge an order on the grid and place it."""
        refusal = self._judge.refusal(order, at.now_ms)
        if refusal is not None:
            return self.reject(order, refusal, at.now_ms)
        if order.trigger is not None:
            self._open.add(order)
            self._journal.order(order, Status.OPEN, at.now_ms)
            if order.is_position_tpsl:
                return Waiting.FOR_TRIGGER
            return Resting(order.oid, order.cloid)
        return self.execute(order, at)

    def execute(self, order: Order, at: Moment) -> Outcome:
        """Trade an accepted order and let its rest stand, or not."""
        if not order.orig_sz:
            order.sz = order.orig_sz = self._executor.reducible(order)
        if order.tif is Tif.ALO and self._would_match(order):
            bid, ask = self._matching.best_px(order.asset)
            decimals = self._market.universe[order.asset].px_decimals
            crossed = rules.post_only_crossed(bid, ask, decimals)
            return self.reject(order, crossed, at.now_ms)
        wanted = order.sz
        cost = self._executor.run(order, at)
        traded = wanted - order.sz
        if not order.sz:
            self._journal.order(order, Status.FILLED, at.now_ms)
            return Filled(order.asset, traded, cost, order.oid, order.cloid)
        if order.tif is not None and order.tif.rests:
            if not order.reduce_only or self._executor.reducible(order):
                self._rest(order, at)
                if traded and self._terms.partial_gtc_is_filled:
                    return Filled(order.asset, traded, cost, order.oid, order.cloid)
                return Resting(order.oid, order.cloid)
            # It closed the position: nothing is left for its remainder to do.
            self._journal.order(order, Status.REDUCE_ONLY_CANCELED, at.now_ms)
            return Filled(order.asset, traded, cost, order.oid, order.cloid)
        return self._end_of_ioc(order, traded, cost, at)

    def _rest(self, order: Order, at: Moment) -> None:
        self._open.add(order)
        self._journal.order(order, Status.OPEN, at.now_ms)
        self._executor.touch(order.asset)

    def _end_of_ioc(self, order: Order, traded: int, cost: int, at: Moment) -> Outcome:
        if traded:
            self._journal.order(order, Status.CANCELED, at.now_ms)
            return Filled(order.asset, traded, cost, order.oid, order.cloid)
        is_market = order.trigger is not None or order.tif is Tif.FRONTEND_MARKET
        nobody = rules.NO_LIQUIDITY if is_market else rules.NO_MATCH
        return self.reject(order, nobody, at.now_ms)

    def _would_match(self, order: Order) -> bool:
        bid, ask = self._matching.best_px(order.asset)
        if order.is_buy:
            return bool(ask) and order.px >= ask
        return bool(bid) and order.px <= bid

    def reject(self, order: Order, why: Rejected, now_ms: int) -> Rejected:
        """Take down why an order was not taken, and return it in the wire's words."""
        self._journal.order(order, why.status, now_ms)
        return self.worded(why, order.asset)

    def worded(self, why: Rejected, asset: int) -> Rejected:
        """Name the asset where the wire's words do."""
        asset_id = self._market.universe.asset_id(asset)
        return Rejected(rules.with_asset(why.text, asset_id), why.status)

    def cancel(
        self, user: str, asset: int, target: int | str, now_ms: int
    ) -> str | None:
        """Cancel an order by oid or client id; returns the wire's error."""
        order = self._find(user, target)
        if order is None or order.asset != asset:
            asset_id = self._market.universe.asset_id(asset)
            return rules.with_asset(rules.NEVER_PLACED, asset_id)
        self._executor.cancel(order, Status.CANCELED, now_ms)
        return None

    def _find(self, user: str, target: int | str) -> Order | None:
        if isinstance(target, int):
            return self._open.get(user, target)
        return self._open.by_cloid(user, target)

    def cancel_all(self, user: str, status: Status, now_ms: int) -> int:
        """Cancel all orders of a user; returns how many there were."""
        orders = self._open.of(user)
        for order in orders:
            # One cancel may end others: children go with their parent.
            if self._open.get(user, order.oid) is not None:
                self._executor.cancel(order, status, now_ms)
        return len(orders)

    def modify(
        self, user: str, target: int | str, request: OrderRequest, at: Moment
    ) -> Outcome:
        """Replace an order: it is canceled and a new one, of a new oid, is placed.

        A new order that does not fit the grid leaves the old one as it is. The new one
        keeps the old client id unless it brings its own (§3.2).
        """
        order = self._find(user, target)
        if order is None:
            return Rejected(rules.CANNOT_MODIFY)
        fit = rules.fit(request, self._market.universe[request.asset])
        if isinstance(fit, Rejected):
            return self.worded(fit, request.asset)
        parent = self._held_back_by(order)
        self._executor.cancel(order, Status.CANCELED, at.now_ms)
        new = self._order(user, request, fit, at, order.builder)
        new.cloid = request.cloid or order.cloid
        new.parent = order.parent
        if order.is_position_tpsl and new.trigger is not None:
            _follow_position(new)
        if parent is not None and new.trigger is not None:
            parent.children = (*parent.children, new.oid)
            self._open.hold_back(new)
            return Waiting.FOR_FILL
        return self.take(new, at)

    def _held_back_by(self, order: Order) -> Order | None:
        """Return the parent whose fill an order waits for."""
        if order.parent is None or not self._open.is_held_back(order):
            return None
        return self._open.get(order.user, order.parent)


def _lacks_trigger(fit: Fitted, grouping: Grouping, number: int) -> bool:
    """Tell whether an order is no trigger where its grouping has only triggers."""
    first = {Grouping.NORMAL_TPSL: 1, Grouping.POSITION_TPSL: 0}.get(grouping)
    return first is not None and number >= first and fit.trigger is None


def _follow_position(order: Order) -> None:
    """Let a trigger close the whole position, whatever that will be (§3.1)."""
    order.is_position_tpsl = order.reduce_only = True
    order.sz = order.orig_sz = 0
