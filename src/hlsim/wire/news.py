"""News about a user as frames of the channels that carry them (§5)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from hlsim.core.journal import (
    Canceled,
    Fill,
    FundingPaid,
    LedgerUpdate,
    Liquidated,
    News,
    TwapState,
)
from hlsim.core.numbers import usd_string
from hlsim.core.orders import Order, OrderRecord
from hlsim.core.universe import Universe
from hlsim.wire import fill_shapes, order_shapes
from hlsim.wire import subscriptions as subs
from hlsim.wire.messages import frame

T = TypeVar("T")
Frames = Iterator[tuple[subs.UserSubscription, bytes]]
FindOrder = Callable[[str, int], Order | None]


def users_of(news: Iterable[News]) -> Mapping[str, Sequence[News]]:
    """Sort news by the user they are about, in order."""
    found: dict[str, list[News]] = {}
    for one in news:
        user = one.user
        found.setdefault(user, []).append(one)
    return found


def frames(
    user: str, news: Sequence[News], universe: Universe, find: FindOrder
) -> Frames:
    """Yield the topics that have something to say, each with its frame."""
    yield from _orders(user, _only(news, OrderRecord), universe, find)
    yield from _fills(user, _only(news, Fill), universe)
    yield from _payments(user, _only(news, FundingPaid), universe)
    yield from _twaps(user, _only(news, TwapState), universe)
    yield from _others(user, news, universe)


def _only(news: Iterable[News], kind: type[T]) -> list[T]:
    return [one for one in news if isinstance(one, kind)]


def _orders(
    user: str, records: Sequence[OrderRecord], universe: Universe, find: FindOrder
) -> Frames:
    if not records:
        return
    updates = order_shapes.updates(records, universe)
    yield subs.OrderUpdates(user), frame("orderUpdates", updates)
    rows = [
        order_shapes.record(one, universe, lambda oid: find(user, oid))
        for one in records
    ]
    topic = subs.UserHistoricalOrders(user)
    yield topic, frame(topic.channel, {"user": user, "orderHistory": rows})


def _fills(user: str, fills: Sequence[Fill], universe: Universe) -> Frames:
    if not fills:
        return
    rows = fill_shapes.fills(fills, universe)
    yield subs.UserEvents(user), frame("user", {"fills": rows})
    yield subs.UserFills(user), frame("userFills", {"user": user, "fills": rows})
    joined = fill_shapes.fills(fills, universe, aggregate=True)
    topic = subs.UserFills(user, aggregate_by_time=True)
    yield topic, frame("userFills", {"user": user, "fills": joined})
    slices = [
        {"fill": row, "twapId": one.twap_id}
        for one, row in zip(fills, rows, strict=True)
        if one.twap_id is not None
    ]
    if slices:
        data = {"user": user, "twapSliceFills": slices}
        yield subs.UserTwapSliceFills(user), frame("userTwapSliceFills", data)
        yield subs.UserEvents(user), frame("user", {"twapSliceFills": slices})


def _payments(user: str, paid: Sequence[FundingPaid], universe: Universe) -> Frames:
    if not paid:
        return
    rows = [fill_shapes.funding_event(one, universe) for one in paid]
    for row in rows:
        yield subs.UserEvents(user), frame("user", {"funding": row})
    data = {"user": user, "fundings": rows}
    yield subs.UserFundings(user), frame("userFundings", data)


def _twaps(user: str, states: Sequence[TwapState], universe: Universe) -> Frames:
    if not states:
        return
    rows = [fill_shapes.twap_history(one, universe) for one in states]
    data = {"user": user, "history": rows}
    yield subs.UserTwapHistory(user), frame("userTwapHistory", data)
    yield subs.UserEvents(user), frame("user", {"twapHistory": rows})


def _others(user: str, news: Sequence[News], universe: Universe) -> Frames:
    canceled = [
        {"coin": universe[one.asset].name, "oid": one.oid}
        for one in _only(news, Canceled)
    ]
    if canceled:
        yield subs.UserEvents(user), frame("user", {"nonUserCancel": canceled})
    for one in _only(news, Liquidated):
        yield subs.UserEvents(user), frame("user", {"liquidation": _liquidation(one)})
    moved = _only(news, LedgerUpdate)
    if moved:
        rows = [{"time": m.time_ms, "hash": m.hash, "delta": m.delta} for m in moved]
        topic = subs.UserLedger(user)
        data = {"user": user, "nonFundingLedgerUpdates": rows}
        yield topic, frame(topic.channel, data)


def _liquidation(one: Liquidated) -> dict[str, object]:
    return {
        "lid": one.lid,
        "liquidator": one.liquidator,
        "liquidated_user": one.user,
        "liquidated_ntl_pos": usd_string(one.notional),
        "liquidated_account_value": usd_string(one.account_value),
    }
