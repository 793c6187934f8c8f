"""Orders: what is asked for, what rests, and the states a client is told (§2.4, §3.1).

Requests carry prices and sizes in 10**-8, as texts on the wire may be finer than the
grid; once accepted, both are counted in the instrument's own units.
"""

from enum import StrEnum

import msgspec

E8 = 8


class Tif(StrEnum):
    """How long an order stands; the last two are the exchange's own."""

    GTC = "Gtc"
    IOC = "Ioc"
    ALO = "Alo"
    FRONTEND_MARKET = "FrontendMarket"
    LIQUIDATION_MARKET = "LiquidationMarket"

    @property
    def rests(self) -> bool:
        """Whether what does not trade at once stays in the book."""
        return self in (Tif.GTC, Tif.ALO)


class Tpsl(StrEnum):
    """What a trigger order is for: taking a profit or stopping a loss."""

    TP = "tp"
    SL = "sl"


class Grouping(StrEnum):
    """How the orders of one action belong together."""

    NA = "na"
    NORMAL_TPSL = "normalTpsl"
    POSITION_TPSL = "positionTpsl"


class Status(StrEnum):
    """The states of an order that this exchange uses."""

    OPEN = "open"
    FILLED = "filled"
    CANCELED = "canceled"
    TRIGGERED = "triggered"
    REJECTED = "rejected"
    MARGIN_CANCELED = "marginCanceled"
    SELF_TRADE_CANCELED = "selfTradeCanceled"
    REDUCE_ONLY_CANCELED = "reduceOnlyCanceled"
    SIBLING_FILLED_CANCELED = "siblingFilledCanceled"
    DELISTED_CANCELED = "delistedCanceled"
    LIQUIDATED_CANCELED = "liquidatedCanceled"
    SCHEDULED_CANCEL = "scheduledCancel"
    INTERNAL_CANCEL = "internalCancel"
    TICK_REJECTED = "tickRejected"
    MIN_TRADE_NTL_REJECTED = "minTradeNtlRejected"
    PERP_MARGIN_REJECTED = "perpMarginRejected"
    PERP_MAX_POSITION_REJECTED = "perpMaxPositionRejected"
    REDUCE_ONLY_REJECTED = "reduceOnlyRejected"
    BAD_ALO_PX_REJECTED = "badAloPxRejected"
    IOC_CANCEL_REJECTED = "iocCancelRejected"
    BAD_TRIGGER_PX_REJECTED = "badTriggerPxRejected"
    MARKET_ORDER_NO_LIQUIDITY_REJECTED = "marketOrderNoLiquidityRejected"
    ORACLE_REJECTED = "oracleRejected"
    TOO_MANY_OPEN_ORDERS_REJECTED = "tooManyOpenOrdersRejected"


class Builder(msgspec.Struct, frozen=True):
    """Whom a builder fee goes to; ``fee`` in tenths of a basis point."""

    address: str
    fee: int


class TriggerRequest(msgspec.Struct, frozen=True):
    """When a trigger order is to become an order; the price in 10**-8."""

    is_market: bool
    px_e8: int
    tpsl: Tpsl


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One order as it was asked for; a trigger order has no ``tif``."""

    asset: int
    is_buy: bool
    px_e8: int
    sz_e8: int
    reduce_only: bool = False
    tif: Tif | None = Tif.GTC
    trigger: TriggerRequest | None = None
    cloid: str | None = None


class Trigger(msgspec.Struct, frozen=True):
    """A trigger in the instrument's price units."""

    is_market: bool
    px: int
    tpsl: Tpsl

    def is_above(self, *, is_buy: bool) -> bool:
        """Tell whether it waits for a higher mark price, not a lower one."""
        return is_buy == (self.tpsl is Tpsl.SL)

    def is_met(self, mark_px: int, *, is_buy: bool) -> bool:
        """Tell whether the mark price has reached it."""
        above = self.is_above(is_buy=is_buy)
        return mark_px >= self.px if above else mark_px <= self.px


class Order(msgspec.Struct, eq=False, kw_only=True):
    """A living order; ``sz`` is what remains of ``orig_sz``.

    ``ahead`` is ambient size at its price that trades before it; ``parent`` and
    ``children`` link take-profit and stop-loss orders to the order that opens.
    """

    oid: int
    user: str
    asset: int
    is_buy: bool
    px: int
    sz: int
    orig_sz: int
    time_ms: int
    tif: Tif | None
    reduce_only: bool = False
    cloid: str | None = None
    trigger: Trigger | None = None
    is_position_tpsl: bool = False
    is_triggered: bool = False
    builder: Builder | None = None
    twap_id: int | None = None
    parent: int | None = None
    children: tuple[int, ...] = ()
    ahead: int = 0

    @property
    def waits(self) -> bool:
        """Whether it is a trigger order that has not been triggered."""
        return self.trigger is not None and not self.is_triggered

    def is_met(self, mark_px: int) -> bool:
        """Tell whether it is a trigger order that the mark price has reached."""
        trigger = self.trigger
        return trigger is not None and trigger.is_met(mark_px, is_buy=self.is_buy)


class OrderRecord(msgspec.Struct, frozen=True, gc=False):
    """An order as it was when its status changed."""

    user: str
    order: Order
    status: Status
    time_ms: int


class Resting(msgspec.Struct, frozen=True):
    """The order stands in the book."""

    oid: int
    cloid: str | None


class Filled(msgspec.Struct, frozen=True):
    """The order traded at once: size in units, total cost in micro-dollars."""

    asset: int
    total_sz: int
    cost: int
    oid: int
    cloid: str | None


class Waiting(StrEnum):
    """The order waits for its parent's fill or for the mark price."""

    FOR_FILL = "waitingForFill"
    FOR_TRIGGER = "waitingForTrigger"


class Rejected(msgspec.Struct, frozen=True):
    """The order was not taken; ``text`` is the wire's, ``status`` its order state."""

    text: str
    status: Status = Status.REJECTED


Outcome = Resting | Filled | Waiting | Rejected
