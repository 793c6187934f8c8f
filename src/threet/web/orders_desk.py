"""Orders as the API shows them: those seen working, and every intent's state."""

from collections.abc import Mapping, Sequence

from threet.bootstrap import WebParts, WebTrading
from threet.market_data.staleness import age_ms
from threet.model.orders import OrderReport
from threet.ports.order_store import SeenOrders
from threet.ports.trading_view import IntentOf, Page
from threet.web.answers import exact
from threet.web.trading_answers import OrdersAnswer, WorkingOrderAnswer
from threet.web.trading_desk import and_one, intent_answer, maybe, next_of
from threet.web.waiting import in_thread


async def read_orders(parts: WebParts, trading: WebTrading, page: Page) -> OrdersAnswer:
    """``page`` is of the settled intents; what is open or works is told whole."""

    def read() -> tuple[SeenOrders | None, Sequence[IntentOf], Sequence[IntentOf]]:
        view = trading.view
        settled = view.settled_intents(and_one(page))
        return trading.seen_orders(), view.open_intents(), settled

    seen, unsettled, settled = await in_thread("database", read)
    working = None if seen is None else await _working(trading, seen)
    now_ms = parts.clock.now_ms()
    age = None if seen is None else age_ms(seen.as_of_ms, now_ms)
    is_old = age is not None and age > parts.account_stale_after_ms
    return OrdersAnswer(
        now_ms=now_ms,
        state="missing" if age is None else "stale" if is_old else "fresh",
        as_of_ms=None if seen is None else seen.as_of_ms,
        age_ms=age,
        working=working,
        open_intents=[intent_answer(one) for one in unsettled],
        settled_intents=[intent_answer(one) for one in settled[: page.limit]],
        next=next_of(settled, page),
    )


async def _working(trading: WebTrading, seen: SeenOrders) -> list[WorkingOrderAnswer]:
    cloids = [one.cloid for one in seen.orders if one.cloid is not None]
    ours = await in_thread("database", lambda: trading.view.intents_by_cloid(cloids))
    runs = {one.intent.cloid: one.run for one in ours}
    return [_order_answer(one, runs) for one in seen.orders]


def _order_answer(order: OrderReport, runs: Mapping[str, str]) -> WorkingOrderAnswer:
    return WorkingOrderAnswer(
        symbol=order.symbol,
        oid=order.oid,
        cloid=order.cloid,
        run=None if order.cloid is None else runs.get(order.cloid),
        side=order.side.value,
        quantity=exact(order.quantity),
        remaining=exact(order.remaining),
        limit_price=exact(order.limit_price),
        trigger_price=maybe(order.trigger_price),
        reduce_only=order.reduce_only,
        status=order.status,
        status_ms=order.status_ms,
    )
