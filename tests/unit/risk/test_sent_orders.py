"""What was sent counts for a minute and for a day, whoever sent it."""

from decimal import Decimal

from threet.ports.trading_view import Sent
from threet.risk.sent_orders import SentOrders, counted_since

DAY_MS = 86_400_000
MIDNIGHT_MS = 20_000 * DAY_MS


def sent(at_ms: int, notional: int = 10) -> Sent:
    return Sent(at_ms, Decimal(notional))


def test_what_an_earlier_process_sent_counts() -> None:
    noon_ms = MIDNIGHT_MS + DAY_MS // 2
    orders = SentOrders([sent(MIDNIGHT_MS, 7), sent(noon_ms - 59_999, 5)])
    orders.note(sent(noon_ms, 3))
    assert orders.in_last_minute(noon_ms) == 2
    assert orders.notional_today(noon_ms) == 15
    assert orders.in_last_minute(noon_ms + 1) == 1


def test_a_new_day_begins_with_nothing_spent_and_with_the_last_minute() -> None:
    orders = SentOrders()
    orders.note(sent(MIDNIGHT_MS - 30_000))
    orders.note(sent(MIDNIGHT_MS))
    now_ms = MIDNIGHT_MS + 10_000
    assert orders.notional_today(now_ms) == 10
    assert orders.in_last_minute(now_ms) == 2
    assert orders.in_last_minute(now_ms + 25_000) == 1
    assert orders.notional_today(now_ms + DAY_MS) == 0


def test_a_day_counts_from_its_midnight_and_right_after_it_from_the_minute() -> None:
    assert counted_since(MIDNIGHT_MS + 3 * 60_000) == MIDNIGHT_MS
    assert counted_since(MIDNIGHT_MS + 10_000) == MIDNIGHT_MS - 50_000
