"""The order desk behind budget and breakers: a cancel passes when orders do not."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from threet.model.errors import DependencyError, ExchangeError
from threet.model.orders import Fill, OrderReport
from threet.ports.order_desk import (
    Burned,
    Found,
    Named,
    NotFound,
    NotSent,
    OrderDesk,
    OrdersRead,
    Outcome,
    Ticket,
    Unknown,
)
from threet.ports.rate_budget import Priority
from threet.resilience import request_weights as weights
from threet.resilience.access_policy import RequestClass
from threet.resilience.guarded_reader import Access, Request

T = TypeVar("T")


class GuardedOrderDesk:
    """Implements ``OrderDesk``. What was kept back is ``NotSent``; an order is never
    sent twice."""

    def __init__(self, desk: OrderDesk, access: Access, *, dexes: int = 0) -> None:
        """``dexes`` is how many builder dexes ``desk`` asks beside the first."""
        self._desk = desk
        self._access = access
        self._dexes = dexes

    def place(self, tickets: Sequence[Ticket]) -> Sequence[Outcome]:
        only_reduces = all(ticket.spec.reduce_only for ticket in tickets)
        priority = Priority.REDUCE if only_reduces else Priority.ORDER
        request = Request(
            name="order", weight=weights.action(len(tickets)), priority=priority
        )
        return self._sent(
            lambda: self._desk.place(tickets),
            RequestClass.ORDERS,
            request,
            len(tickets),
        )

    def cancel(self, orders: Sequence[Named], nonce: int) -> Sequence[Outcome]:
        """Repeated with its nonce: it takes effect once, if at all."""
        return self._sent(
            lambda: self._desk.cancel(orders, nonce),
            RequestClass.CANCELS,
            Request(name="cancelByCloid", weight=weights.action(len(orders))),
            len(orders),
        )

    def schedule_cancel(self, at_ms: int | None, nonce: int) -> Outcome:
        (outcome,) = self._sent(
            lambda: [self._desk.schedule_cancel(at_ms, nonce)],
            RequestClass.CANCELS,
            Request(name="scheduleCancel", weight=1),
            1,
        )
        return outcome

    def set_leverage(
        self, symbol: str, leverage: int, nonce: int, *, is_cross: bool
    ) -> Outcome:
        (outcome,) = self._sent(
            lambda: [
                self._desk.set_leverage(symbol, leverage, nonce, is_cross=is_cross)
            ],
            RequestClass.ORDERS,
            Request(name="updateLeverage", weight=1),
            1,
        )
        return outcome

    def burn(self, nonce: int) -> Burned | Unknown | NotSent:
        return self._desk.burn(nonce)

    def look_up(self, cloid: str) -> Found | NotFound:
        request = _question("orderStatus", weights.LIGHT)
        return self._asked(lambda: self._desk.look_up(cloid), request)

    def open_orders(self) -> Sequence[OrderReport]:
        return self._of_orders(self._desk.open_orders)

    def readable_orders(self) -> OrdersRead:
        """A builder dex that does not answer is no failure here: it must not open the
        breaker for the others."""
        return self._of_orders(self._desk.readable_orders)

    def _of_orders(self, ask: Callable[[], T]) -> T:
        weight = weights.open_orders(self._dexes)
        return self._asked(ask, _question("frontendOpenOrders", weight))

    def fills(self, since_ms: int) -> Sequence[Fill]:
        request = _question("userFillsByTime", weights.PLAIN)
        found = self._asked(lambda: self._desk.fills(since_ms), request)
        self._access.charge(len(found), RequestClass.ACCOUNT)
        return found

    def _asked(self, question: Callable[[], T], request: Request) -> T:
        return self._access.execute_with_retry(question, RequestClass.ACCOUNT, request)

    def _sent(
        self,
        action: Callable[[], Sequence[Outcome]],
        request_class: RequestClass,
        request: Request,
        count: int,
    ) -> Sequence[Outcome]:
        """The breaker sees what went wrong; the caller gets what is known."""
        known: Sequence[Outcome] = ()

        def once() -> Sequence[Outcome]:
            nonlocal known
            known = action()
            for one in known:
                if isinstance(one, Unknown) and one.error is not None:
                    raise one.error
            return known

        try:
            return self._access.execute_with_retry(once, request_class, request)
        except (ExchangeError, DependencyError) as error:
            return known or [NotSent(str(error))] * count


def _question(name: str, weight: int) -> Request:
    """What an order rests on matters as much as the order."""
    return Request(name=name, weight=weight, priority=Priority.ORDER)
