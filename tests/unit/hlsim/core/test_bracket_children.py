"""What hangs on an order: take-profits and stop-losses that wait for its fill."""

from decimal import Decimal

from hlsim.core.commands import CancelOrders, PlaceOrders, Statuses
from hlsim.core.orders import (
    Filled,
    Grouping,
    OrderRequest,
    Outcome,
    Rejected,
    Resting,
    Status,
    Tif,
    Tpsl,
    TriggerRequest,
    Waiting,
)
from hlsim.server.settings import Deposit, Settings
from hlsim.virtual import VirtualExchange

TRADER = "0x" + "11" * 20
SETTINGS = Settings(
    symbols=4,
    history_days=0,
    accounts=(Deposit(address=TRADER, funds=Decimal(100_000)),),
)
DOLLAR_E8 = 10**8


def buying(px: int, *, trigger_px: int | None = None) -> OrderRequest:
    """Buy 0.01 BTC at whole dollars, once the mark has risen to ``trigger_px``."""
    trigger = None
    if trigger_px is not None:
        trigger = TriggerRequest(True, trigger_px * DOLLAR_E8, Tpsl.SL)
    return OrderRequest(
        asset=0,
        is_buy=True,
        px_e8=px * DOLLAR_E8,
        sz_e8=10**6,
        tif=None if trigger else Tif.GTC,
        trigger=trigger,
    )


def stop(px: int) -> OrderRequest:
    return OrderRequest(
        asset=0,
        is_buy=False,
        px_e8=px * DOLLAR_E8,
        sz_e8=10**6,
        reduce_only=True,
        tif=None,
        trigger=TriggerRequest(True, px * DOLLAR_E8, Tpsl.SL),
    )


def bracket(venue: VirtualExchange, *orders: OrderRequest) -> list[Outcome]:
    command = PlaceOrders(orders=orders, grouping=Grouping.NORMAL_TPSL)
    done = venue.act(TRADER, command)
    assert isinstance(done, Statuses)
    return list(done.outcomes)


def statuses(venue: VirtualExchange) -> list[Status]:
    """The last status of each order that is known, oldest first."""
    last = venue.exchange.journal.history(TRADER).last
    return [last[oid].status for oid in sorted(last)]


def mark(venue: VirtualExchange) -> int:
    """BTC's mark price in whole dollars."""
    return venue.exchange.market.mark_px(0, venue.now_ms) // 10


def test_a_child_that_is_no_trigger_is_refused_and_nothing_is_taken() -> None:
    venue = VirtualExchange(SETTINGS)
    child = OrderRequest(
        asset=1, is_buy=False, px_e8=DOLLAR_E8 // 2, sz_e8=0, reduce_only=True
    )
    (refused,) = bracket(venue, buying(mark(venue) + 1_000), child)
    assert isinstance(refused, Rejected)
    assert refused.text == "Invalid TP/SL price. asset=1"
    venue.advance(1_000)
    assert venue.exchange.open.of(TRADER) == []
    assert not venue.exchange.account(TRADER).positions


def test_children_of_a_triggered_parent_wait_from_its_fill_on() -> None:
    venue = VirtualExchange(SETTINGS)
    at = mark(venue)
    parent, *rest = bracket(venue, buying(at + 2_000, trigger_px=at + 1), stop(at // 2))
    assert isinstance(parent, Resting)
    assert rest == [Waiting.FOR_FILL]
    while venue.exchange.account(TRADER).szi(0) == 0:
        venue.advance(1_000)
    assert statuses(venue) == [Status.FILLED, Status.OPEN]
    (child,) = venue.exchange.open.of(TRADER)
    assert venue.exchange.open.waiting(0) == [child]


def test_children_of_a_triggered_parent_that_fails_are_canceled() -> None:
    venue = VirtualExchange(SETTINGS)
    at = mark(venue)
    # A buy that may pay less than anybody asks for finds nobody.
    bracket(venue, buying(at // 2, trigger_px=at + 1), stop(at // 3))
    for _ in range(600):
        venue.advance(1_000)
        if not venue.exchange.open.of(TRADER):
            break
    assert venue.exchange.open.of(TRADER) == []
    rejected, canceled = statuses(venue)
    assert rejected is Status.MARKET_ORDER_NO_LIQUIDITY_REJECTED
    assert canceled is Status.CANCELED


def test_children_go_with_a_parent_that_is_canceled() -> None:
    venue = VirtualExchange(SETTINGS)
    at = mark(venue)
    parent, _ = bracket(venue, buying(at // 2), stop(at // 3))
    assert isinstance(parent, Resting)
    venue.act(TRADER, CancelOrders(targets=[(0, parent.oid)]))
    assert venue.exchange.open.of(TRADER) == []


def test_children_of_a_parent_that_fills_at_once_wait_at_once() -> None:
    venue = VirtualExchange(SETTINGS)
    at = mark(venue)
    parent, child = bracket(venue, buying(at + 1_000), stop(at // 2))
    assert isinstance(parent, Filled)
    assert child is Waiting.FOR_TRIGGER
