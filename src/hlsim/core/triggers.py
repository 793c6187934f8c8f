"""Fires trigger orders once the mark price has reached them (§3.1)."""

from collections.abc import Sequence

from hlsim.core import rules
from hlsim.core.desk import OrderDesk
from hlsim.core.execution import Executor, Moment
from hlsim.core.judging import Judge
from hlsim.core.orders import Filled, Order, Outcome, Status, Tif
from hlsim.core.pit import Pit


class Triggers:
    """Looks at all waiting orders after every block."""

    def __init__(
        self, pit: Pit, executor: Executor, judge: Judge, desk: OrderDesk
    ) -> None:
        """Execute what fires through ``desk``."""
        self._market = pit.market
        self._journal = pit.journal
        self._open = pit.open
        self._ids = pit.ids
        self._executor = executor
        self._judge = judge
        self._desk = desk

    def check(self, now_ms: int) -> None:
        """Turn the trigger orders whose price the mark has reached into orders."""
        for asset in self._open.awaited():
            mark = self._market.mark_px(asset, now_ms)
            met = [one for one in self._open.waiting(asset) if one.is_met(mark)]
            if met:
                self._fire_all(met, Moment(now_ms, self._ids.tx_hash()))

    def _fire_all(self, orders: Sequence[Order], at: Moment) -> None:
        for order in orders:
            # One that fires may end others: its sibling, or what nothing is left for.
            if self._open.get(order.user, order.oid) is not None:
                self._fire(order, at)

    def _fire(self, order: Order, at: Moment) -> None:
        self._open.drop(order)
        order.is_triggered = True
        self._journal.order(order, Status.TRIGGERED, at.now_ms)
        if order.trigger is not None:
            order.tif = Tif.IOC if order.trigger.is_market else Tif.GTC
        outcome = self._triggered(order, at)
        if self._open.get(order.user, order.oid) is not None:
            return
        if isinstance(outcome, Filled):
            self._executor.end_siblings(order, at.now_ms)
        is_whole = isinstance(outcome, Filled) and not order.sz
        status = Status.FILLED if is_whole else Status.CANCELED
        self._executor.settle_children(order, status, at.now_ms)

    def _triggered(self, order: Order, at: Moment) -> Outcome:
        if order.reduce_only and not self._executor.reducible(order):
            self._journal.order(order, Status.REDUCE_ONLY_CANCELED, at.now_ms)
            return self._desk.worded(rules.WOULD_INCREASE, order.asset)
        refusal = self._judge.unaffordable(order, at.now_ms)
        if refusal is not None:
            return self._desk.reject(order, refusal, at.now_ms)
        return self._desk.execute(order, at)
