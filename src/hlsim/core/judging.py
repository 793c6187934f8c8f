"""Judges orders that are on the grid: may they be taken now (§3.1)."""

from collections.abc import Callable

from hlsim.core import margin, rules
from hlsim.core.address_budget import may_open
from hlsim.core.execution import Executor
from hlsim.core.orders import Order, Rejected, Tif
from hlsim.core.pit import Pit


class Judge:
    """Knows why an order is not taken; changes nothing.

    Before ``post_only_until_ms`` it lets only post-only orders pass.
    """

    def __init__(self, pit: Pit, executor: Executor) -> None:
        """Look at the market and the accounts of ``pit``."""
        self._market = pit.market
        self._clearing = pit.clearing
        self._open = pit.open
        self._executor = executor
        self.post_only_until_ms = 0

    def refusal(self, order: Order, now_ms: int) -> Rejected | None:
        """Return why an order may not be taken now, None if it may."""
        checks: tuple[Callable[[Order, int], Rejected | None], ...] = (
            self._halted,
            self._bad_price,
            self._too_many,
            self._does_not_reduce,
            self._above_tier,
            self.unaffordable,
        )
        for check in checks:
            refusal = check(order, now_ms)
            if refusal is not None:
                return refusal
        return None

    def _halted(self, order: Order, now_ms: int) -> Rejected | None:
        if self._market.universe[order.asset].is_delisted:
            return rules.DELISTED
        if now_ms < self.post_only_until_ms and order.tif is not Tif.ALO:
            return rules.POST_ONLY_PHASE
        return None

    def _bad_price(self, order: Order, now_ms: int) -> Rejected | None:
        mark = self._market.mark_px(order.asset, now_ms)
        if order.trigger is None:
            return rules.TOO_FAR if rules.is_too_far(order.px, mark) else None
        return rules.BAD_TRIGGER if order.is_met(mark) else None

    def _too_many(self, order: Order, now_ms: int) -> Rejected | None:
        fits = may_open(
            self._open.count(order.user),
            self._clearing.fees.volume(order.user).total,
            reduce_only_or_trigger=order.reduce_only or order.trigger is not None,
        )
        return None if fits else rules.TOO_MANY

    def _does_not_reduce(self, order: Order, now_ms: int) -> Rejected | None:
        if not order.reduce_only or order.waits:
            return None
        return None if self._executor.reducible(order) else rules.WOULD_INCREASE

    def _above_tier(self, order: Order, now_ms: int) -> Rejected | None:
        if order.reduce_only or order.waits:
            return None
        exceeds = margin.exceeds_tier(
            self._clearing.account(order.user, order.asset),
            order.asset,
            self._market.universe[order.asset],
            self._market.mark_px(order.asset, now_ms),
            order.sz if order.is_buy else -order.sz,
        )
        return rules.ABOVE_TIER if exceeds else None

    def unaffordable(self, order: Order, now_ms: int) -> Rejected | None:
        if order.reduce_only or order.waits:
            return None
        account = self._clearing.account(order.user, order.asset)
        mark = margin.marks_at(self._market, now_ms)
        extra = order.sz if order.is_buy else -order.sz
        universe = self._market.universe
        fits = margin.can_add(account, universe, mark, order.asset, extra)
        return None if fits else rules.NO_MARGIN
