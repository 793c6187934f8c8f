"""The answers of /info about orders, fills and payments of an account (§2)."""

from collections.abc import Iterable, Sequence

from hlsim.core.exchange import Exchange
from hlsim.core.journal import Fill, History
from hlsim.core.orders import Order, OrderRecord, Status
from hlsim.core.universe import FIRST_DEX, Universe
from hlsim.wire import fill_shapes, order_shapes, requests
from hlsim.wire.account_answers import user_answer

FILLS_A_CALL = 2_000
ROWS_A_CALL = 500
UNKNOWN = {"status": "unknownOid"}


def answer_user(
    request: requests.UserRequest, exchange: Exchange, now_ms: int
) -> object:
    """Answer any request about an account, those of `account_answers` too."""
    return user_answer(request, exchange, now_ms)


def find_order(exchange: Exchange, user: str) -> order_shapes.FindOrder:
    """Return how to look a user's living order up."""
    return lambda oid: exchange.open.get(user, oid)


def open_orders(exchange: Exchange, user: str, dex: str) -> list[Order]:
    """Return a user's living orders of a dex, newest first, parents without children.

    Orders that wait for their parent's fill are told as its children.
    """
    return [
        one
        for one in exchange.open.of(user)
        if exchange.universe[one.asset].dex == dex
        and not exchange.open.is_held_back(one)
    ]


def frontend_orders(
    exchange: Exchange, user: str, dex: str
) -> list[order_shapes.WireOrder]:
    """Write a user's living orders in their long form."""
    find = find_order(exchange, user)
    return [
        order_shapes.frontend(one, exchange.universe, find)
        for one in open_orders(exchange, user, dex)
    ]


@user_answer.register
def _(request: requests.OpenOrders, exchange: Exchange, now_ms: int) -> object:
    return [
        order_shapes.basic(one, exchange.universe)
        for one in open_orders(exchange, request.account, request.dex or FIRST_DEX)
    ]


@user_answer.register
def _(request: requests.FrontendOpenOrders, exchange: Exchange, now_ms: int) -> object:
    return frontend_orders(exchange, request.account, request.dex or FIRST_DEX)


@user_answer.register
def _(request: requests.OrderStatus, exchange: Exchange, now_ms: int) -> object:
    user = request.account
    history = exchange.journal.history(user)
    oid = request.oid
    if isinstance(oid, str):
        found = history.by_cloid.get(oid.lower())
        if found is None:
            return UNKNOWN
        oid = found
    record = history.last.get(oid) or _living(exchange, user, oid)
    if record is None:
        return UNKNOWN
    find = find_order(exchange, user)
    wire = order_shapes.record(record, exchange.universe, find)
    return {"status": "order", "order": wire}


def _living(exchange: Exchange, user: str, oid: int) -> OrderRecord | None:
    order = exchange.open.get(user, oid)
    if order is None:
        return None
    return OrderRecord(user, order, Status.OPEN, order.time_ms)


@user_answer.register
def _(request: requests.HistoricalOrders, exchange: Exchange, now_ms: int) -> object:
    find = find_order(exchange, request.account)
    records = exchange.journal.history(request.account).orders
    return [
        order_shapes.record(one, exchange.universe, find) for one in reversed(records)
    ]


@user_answer.register
def _(request: requests.UserFills, exchange: Exchange, now_ms: int) -> object:
    history = exchange.journal.history(request.account)
    return newest_fills(
        history, exchange.universe, aggregate=bool(request.aggregate_by_time)
    )


def newest_fills(
    history: History, universe: Universe, *, aggregate: bool
) -> list[fill_shapes.WireFill]:
    """Write a user's last 2000 fills, newest first."""
    rows = list(history.fills)[-FILLS_A_CALL:][::-1]
    return fill_shapes.fills(rows, universe, aggregate=aggregate)


@user_answer.register
def _(request: requests.UserFillsByTime, exchange: Exchange, now_ms: int) -> object:
    rows = _between(exchange, request.account, request.start_time, request.end_time)
    newest_first = exchange.terms.fills_by_time_newest_first
    if request.reversed or newest_first:
        rows = rows[::-1]
    return fill_shapes.fills(
        rows[:FILLS_A_CALL],
        exchange.universe,
        aggregate=bool(request.aggregate_by_time),
    )


def _between(
    exchange: Exchange, user: str, start_ms: int, end_ms: int | None
) -> list[Fill]:
    return [
        one
        for one in exchange.journal.history(user).fills
        if _is_within(one.time_ms, start_ms, end_ms)
    ]


def _is_within(at_ms: int, start_ms: int | None, end_ms: int | None) -> bool:
    return (start_ms or 0) <= at_ms and (end_ms is None or at_ms <= end_ms)


@user_answer.register
def _(request: requests.UserTwapSliceFills, exchange: Exchange, now_ms: int) -> object:
    rows = list(exchange.journal.history(request.account).fills)[::-1]
    return slice_fills(rows, exchange.universe)[:FILLS_A_CALL]


@user_answer.register
def _(
    request: requests.UserTwapSliceFillsByTime, exchange: Exchange, now_ms: int
) -> object:
    rows = _between(exchange, request.account, request.start_time, request.end_time)
    return slice_fills(rows, exchange.universe)[:FILLS_A_CALL]


def slice_fills(rows: Iterable[Fill], universe: Universe) -> list[dict[str, object]]:
    """Write those fills that were slices of a TWAP."""
    return [
        {"fill": fill_shapes.fill(one, universe), "twapId": one.twap_id}
        for one in rows
        if one.twap_id is not None
    ]


@user_answer.register
def _(request: requests.TwapHistory, exchange: Exchange, now_ms: int) -> object:
    rows = reversed(exchange.journal.history(request.account).twaps)
    return [fill_shapes.twap_history(one, exchange.universe) for one in rows]


@user_answer.register
def _(request: requests.UserFunding, exchange: Exchange, now_ms: int) -> object:
    rows = exchange.journal.history(request.account).fundings
    within = [
        one
        for one in rows
        if _is_within(one.time_ms, request.start_time, request.end_time)
    ]
    return [
        fill_shapes.funding_row(one, exchange.universe) for one in within[:ROWS_A_CALL]
    ]


@user_answer.register
def _(
    request: requests.UserNonFundingLedgerUpdates, exchange: Exchange, now_ms: int
) -> object:
    rows: Sequence[dict[str, object]] = [
        {"time": one.time_ms, "hash": one.hash, "delta": one.delta}
        for one in exchange.journal.history(request.account).ledger
        if _is_within(one.time_ms, request.start_time, request.end_time)
    ]
    return rows[:ROWS_A_CALL]
