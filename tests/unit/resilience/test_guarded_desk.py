"""Orders behind budget and breakers: kept back is not unknown, and never twice."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from tests.unit.resilience.door import DOWN, Door
from threet.model.errors import RateLimitedError
from threet.model.orders import Fill, OrderReport, OrderSpec, Side
from threet.ports.order_desk import (
    Accepted,
    Burned,
    Found,
    Named,
    NotFound,
    NotSent,
    OrdersRead,
    Outcome,
    Ticket,
    Unknown,
)
from threet.resilience.guarded_desk import GuardedOrderDesk


class ScriptedDesk:
    """Answers with what it was given, and counts what was really sent."""

    def __init__(self, *outcomes: Outcome) -> None:
        self._outcomes = list(outcomes)
        self.sent = 0

    def _next(self) -> Outcome:
        self.sent += 1
        return self._outcomes.pop(0) if self._outcomes else Accepted(7)

    def place(self, tickets: Sequence[Ticket]) -> Sequence[Outcome]:
        return [self._next()] * len(tickets)

    def cancel(self, orders: Sequence[Named], nonce: int) -> Sequence[Outcome]:
        del nonce
        return [self._next()] * len(orders)

    def schedule_cancel(self, at_ms: int | None, nonce: int) -> Outcome:
        del at_ms, nonce
        return self._next()

    def set_leverage(
        self, symbol: str, leverage: int, nonce: int, *, is_cross: bool
    ) -> Outcome:
        del symbol, leverage, nonce, is_cross
        return self._next()

    def burn(self, nonce: int) -> Burned:
        del nonce
        return Burned.ACCEPTED

    def look_up(self, cloid: str) -> Found | NotFound:
        del cloid
        self.sent += 1
        return NotFound(1)

    def open_orders(self) -> Sequence[OrderReport]:
        return []

    def readable_orders(self) -> OrdersRead:
        self.sent += 1
        return OrdersRead([], {"xyz": "does not answer"})

    def fills(self, since_ms: int) -> Sequence[Fill]:
        del since_ms
        return []


def ticket() -> Ticket:
    spec = OrderSpec(
        symbol="BTC", side=Side.BUY, quantity=Decimal(1), limit_price=Decimal(9)
    )
    return Ticket(spec=spec, cloid="0x" + "1" * 32, nonce=1, expires_ms=9)


@pytest.fixture
def door() -> Door:
    return Door()


def lost() -> Unknown:
    return Unknown("timeout", DOWN)


def test_f24_an_order_without_an_answer_is_unknown_and_sent_once(door: Door) -> None:
    inner = ScriptedDesk(lost())
    (outcome,) = GuardedOrderDesk(inner, door.manager).place([ticket()])
    assert isinstance(outcome, Unknown)
    assert inner.sent == 1


def test_the_breaker_of_orders_opens_and_what_it_keeps_back_was_not_sent(
    door: Door,
) -> None:
    inner = ScriptedDesk(*[lost()] * 5)
    desk = GuardedOrderDesk(inner, door.manager)
    for _ in range(5):
        desk.place([ticket()])
    (outcome,) = desk.place([ticket()])
    assert isinstance(outcome, NotSent)
    assert inner.sent == 5


def test_a_cancel_passes_while_the_breaker_of_orders_is_open(door: Door) -> None:
    inner = ScriptedDesk(*[lost()] * 5)
    desk = GuardedOrderDesk(inner, door.manager)
    for _ in range(5):
        desk.place([ticket()])
    assert desk.cancel([("BTC", "0x" + "1" * 32)], 2) == [Accepted(7)]


def test_o9_a_rate_limit_slows_down_and_proves_nothing(door: Door) -> None:
    limited = Unknown("429", RateLimitedError("order", 5))
    inner = ScriptedDesk(limited)
    desk = GuardedOrderDesk(inner, door.manager)
    assert isinstance(desk.place([ticket()])[0], Unknown)
    (second,) = desk.place([ticket()])
    assert isinstance(second, NotSent)
    assert inner.sent == 1


def test_an_order_that_landed_with_others_that_did_not_is_told_as_it_is(
    door: Door,
) -> None:
    inner = ScriptedDesk(Accepted(5))
    assert GuardedOrderDesk(inner, door.manager).place([ticket()]) == [Accepted(5)]


def test_f44_a_dex_that_does_not_answer_opens_no_breaker_for_the_others(
    door: Door,
) -> None:
    inner = ScriptedDesk()
    desk = GuardedOrderDesk(inner, door.manager, dexes=1)
    for _ in range(10):
        assert "xyz" in desk.readable_orders().unread
    assert inner.sent == 10
