"""The one door: budget, breaker of the class, retries, monitor, health."""

import pytest

from tests.unit.resilience.door import ADDRESS, DOWN, Door
from threet.model.candles import Timeframe
from threet.model.errors import (
    BudgetSpentError,
    CircuitOpenError,
    ExchangeError,
    MalformedAnswerError,
    RateLimitedError,
    RefusedByExchangeError,
    UnknownSymbolError,
    UnreachableError,
)
from threet.ports.rate_budget import Priority
from threet.resilience.access_policy import RequestClass
from threet.resilience.guarded_reader import Request

ORDER = Request(name="order", weight=1)
HOUR_MS = 3_600_000


@pytest.fixture
def door() -> Door:
    return Door()


def fail_reads(door: Door, operations: int) -> None:
    """So many operations fail, with all their tries."""
    for _ in range(operations):
        door.fail(4)
        with pytest.raises(UnreachableError):
            door.reader.products()


def succeed() -> str:
    return "done"


def test_a_read_that_failed_three_times_succeeds_at_the_fourth_try(door: Door) -> None:
    door.fail(3)
    assert door.reader.products()
    assert [round(wait + 0.4999) for wait in door.waits] == [1, 2, 4]
    assert door.manager.figures()["exchange_retries"] == 3
    assert len(door.told("exchange_retry")) == 3


def test_a_read_that_fails_four_times_has_failed(door: Door) -> None:
    door.fail(4)
    with pytest.raises(UnreachableError):
        door.reader.products()
    assert len(door.exchange.requests) == 4


def test_f24_an_order_is_never_sent_again(door: Door) -> None:
    sent = []

    def submit() -> None:
        sent.append(1)
        raise DOWN

    with pytest.raises(UnreachableError):
        door.manager.execute_with_retry(submit, RequestClass.ORDERS, ORDER)
    assert len(sent) == 1


def test_an_order_is_not_repeated_after_a_rate_limit_either(door: Door) -> None:
    sent = []

    def submit() -> None:
        sent.append(1)
        raise RateLimitedError("order", 1)

    with pytest.raises(RateLimitedError):
        door.manager.execute_with_retry(submit, RequestClass.ORDERS, ORDER)
    assert len(sent) == 1


def test_a_cancel_is_repeated(door: Door) -> None:
    answers = [DOWN, DOWN]

    def cancel() -> str:
        if answers:
            raise answers.pop()
        return "canceled"

    request = Request(name="cancel", weight=1)
    told = door.manager.execute_with_retry(cancel, RequestClass.CANCELS, request)
    assert told == "canceled"


@pytest.mark.parametrize(
    "error",
    [RefusedByExchangeError("meta", "HTTP 422"), UnknownSymbolError("NOPE")],
)
def test_what_was_refused_is_neither_repeated_nor_a_failure(
    door: Door, error: ExchangeError
) -> None:
    for _ in range(10):
        door.exchange.fail_next(error)
        with pytest.raises(type(error)):
            door.reader.products()
    assert len(door.exchange.requests) == 10
    assert door.manager.figures()["breaker_reads"] == "closed"
    assert not door.waits


def test_five_failed_operations_open_the_breaker_of_their_class_alone(
    door: Door,
) -> None:
    fail_reads(door, 5)
    asked = len(door.exchange.requests)
    with pytest.raises(CircuitOpenError) as caught:
        door.reader.products()
    assert caught.value.retry_after_secs > 290
    assert len(door.exchange.requests) == asked
    assert door.reader.account(ADDRESS).address == ADDRESS
    assert door.told("breaker_changed") == [
        {"request_class": "reads", "was": "closed", "now": "open"}
    ]
    assert [one.name for one in door.alerts if "breaker" in one.name] == [
        "exchange_reads_breaker_open"
    ]


def test_a_tripped_read_breaker_never_blocks_a_cancel(door: Door) -> None:
    fail_reads(door, 5)
    request = Request(name="cancel", weight=1)
    told = door.manager.execute_with_retry(succeed, RequestClass.CANCELS, request)
    assert told == "done"


def test_a_malformed_answer_counts_as_a_failure(door: Door) -> None:
    for _ in range(5):
        door.exchange.fail_next(*[MalformedAnswerError("meta", "html")] * 4)
        with pytest.raises(MalformedAnswerError):
            door.reader.products()
    assert door.manager.figures()["breaker_reads"] == "open"
    assert door.manager.figures()["errors_malformed"] == 20


def test_f65_failing_health_checks_open_no_breaker(door: Door) -> None:
    for _ in range(50):
        door.fail(1)
        with pytest.raises(UnreachableError):
            door.reader.server_ms()
        door.clock.advance(30)
    figures = door.manager.figures()
    assert figures["breakers_opened"] == 0
    assert figures["exchange_health_failures"] == 50
    assert door.reader.products()


def test_f65_operations_that_fail_open_it_within_five_of_them(door: Door) -> None:
    """26 minutes it took where only health checks, every five minutes, were counted."""
    began = door.clock.monotonic()
    fail_reads(door, 5)
    assert door.manager.figures()["breaker_reads"] == "open"
    assert door.clock.monotonic() - began < 60


def test_f64_a_health_check_asks_each_time_whatever_is_open(door: Door) -> None:
    fail_reads(door, 5)
    asked = door.exchange.requests.count("server_ms")
    for _ in range(3):
        assert door.reader.server_ms() == door.clock.now_ms()
    assert door.exchange.requests.count("server_ms") == asked + 3
    door.fail(1)
    with pytest.raises(UnreachableError):
        door.reader.server_ms()


def test_a_failed_health_check_makes_the_connections_anew(door: Door) -> None:
    door.fail(1)
    with pytest.raises(UnreachableError):
        door.manager.check_health()
    assert door.exchange.recreated == 1
    assert door.told("exchange_unhealthy")
    door.manager.check_health()
    assert door.told("exchange_healthy_again") == [{}]


def test_an_open_breaker_looks_if_the_exchange_is_back_and_tries_at_once(
    door: Door,
) -> None:
    fail_reads(door, 5)
    door.clock.advance(10)
    assert door.reader.products()  # asked its clock first, then made the trial
    assert door.exchange.requests[-2:] == ["server_ms", "products"]
    states = [fields["now"] for fields in door.told("breaker_changed")]
    assert states == ["open", "half_open", "closed"]


def test_while_the_exchange_is_away_an_open_breaker_looks_every_ten_seconds(
    door: Door,
) -> None:
    fail_reads(door, 5)
    door.exchange.requests.clear()
    for _ in range(60):
        door.clock.advance(1)
        door.exchange.fail_next(DOWN)
        with pytest.raises(ExchangeError):
            door.reader.products()
        door.exchange._failures.clear()
    assert door.exchange.requests == ["server_ms"] * 6


def test_f36_a_rate_limit_waits_as_told_shared_and_is_no_failure(door: Door) -> None:
    door.exchange.fail_next(RateLimitedError("meta", 8))
    assert door.reader.products()
    assert door.waits == [8]
    for _ in range(10):
        door.exchange.fail_next(RateLimitedError("meta", 60))
        with pytest.raises(RateLimitedError):
            door.reader.account(ADDRESS)
        # Everybody waits, but a way out may be tried.
        assert 0 < door.budget.take(2) <= 60
        assert door.budget.take(1, priority=Priority.CANCEL) == 0
        door.clock.advance(60)
    assert door.manager.figures()["breaker_account"] == "closed"


def test_a_rate_limit_of_a_year_is_not_believed(door: Door) -> None:
    door.exchange.fail_next(RateLimitedError("meta", 3e7))
    with pytest.raises(RateLimitedError):
        door.reader.products()
    assert door.budget.state().paused_secs <= 120


def test_nothing_is_asked_that_the_budget_does_not_hold() -> None:
    door = Door(per_minute=60)
    now_ms = door.clock.now_ms()
    door.reader.candles("BTC", Timeframe.M1, now_ms - HOUR_MS, now_ms)
    door.reader.products()
    with pytest.raises(BudgetSpentError) as caught:
        door.reader.products()
    assert 0 < caught.value.retry_after_secs <= 61
    assert door.reader.account(ADDRESS).address == ADDRESS  # matters more
    assert door.manager.figures()["breaker_reads"] == "closed"


def test_each_question_takes_its_weight() -> None:
    door = Door()
    now_ms = door.clock.now_ms()
    door.reader.server_ms()
    door.reader.products()
    door.reader.account(ADDRESS)
    door.reader.address_use(ADDRESS)
    door.reader.candles("BTC", Timeframe.M1, now_ms - HOUR_MS, now_ms)  # 61 bars
    used = door.budget.state().used_by
    assert used[Priority.DATA] == 22
    assert used[Priority.REDUCE] == 2  # whether the exchange is there
    assert used[Priority.ACCOUNT] == 2 + 20
    assert used[Priority.ORDER] == 20  # the catalogue: without it no price streams


def test_each_builder_dex_takes_its_own_weight() -> None:
    door = Door(dexes=2)
    door.reader.products()
    door.reader.account(ADDRESS)
    used = door.budget.state().used_by
    assert used[Priority.ORDER] == 20 + 20 + 2 * 20
    assert used[Priority.ACCOUNT] == 2 * (2 + 2 * 2)


def test_who_paid_before_pays_only_for_the_tries_after_the_first(door: Door) -> None:
    reader = door.manager.get_exchange(is_paid=True)
    reader.products()
    assert door.budget.state().used == 0
    door.fail(2)
    reader.products()
    assert door.budget.state().used == 40


def test_a_retry_that_the_budget_does_not_hold_raises_what_happened() -> None:
    door = Door(per_minute=30)
    door.fail(1)
    with pytest.raises(UnreachableError):
        door.reader.products()
    assert len(door.exchange.requests) == 1


def test_items_of_an_answer_are_paid_afterwards(door: Door) -> None:
    door.manager.charge(101, RequestClass.ACCOUNT)
    door.manager.charge(0, RequestClass.ACCOUNT)
    assert door.budget.state().used_by[Priority.ACCOUNT] == 6


def test_a_reduce_only_order_uses_the_reserve_of_exits(door: Door) -> None:
    while door.budget.take(1, priority=Priority.ORDER) == 0:
        pass
    plain, exit_ = ORDER, Request(name="order", weight=1, priority=Priority.REDUCE)
    execute = door.manager.execute_with_retry
    with pytest.raises(BudgetSpentError):
        execute(succeed, RequestClass.ORDERS, plain)
    assert execute(succeed, RequestClass.ORDERS, exit_) == "done"


def test_an_error_of_ours_is_not_the_exchanges(door: Door) -> None:
    def wrong() -> None:
        raise ZeroDivisionError

    for _ in range(6):
        with pytest.raises(ZeroDivisionError):
            door.manager.execute_with_retry(wrong, RequestClass.READS, ORDER)
    assert door.manager.figures()["breaker_reads"] == "closed"


def test_ten_errors_in_a_minute_raise_an_alert_that_says_what_happened() -> None:
    door = Door(retries_secs=())
    for _ in range(12):
        door.fail(1)
        with pytest.raises(ExchangeError):
            door.reader.server_ms()
    (alert,) = door.alerts
    assert (alert.name, alert.source, alert.count) == ("exchange_failing", "test", 10)
    assert "HTTP 502" in alert.message


def test_figures_tell_latency_and_errors(door: Door) -> None:
    door.fail(1)
    door.reader.products()
    figures = door.manager.figures()
    assert figures["exchange_requests"] == 2
    assert figures["exchange_errors_1m"] == 1
    assert figures["errors_server_error"] == 1
    assert figures["exchange_p99_ms"] == 5


def test_the_catalogue_is_read_when_candles_have_used_all_that_data_may_have(
    door: Door,
) -> None:
    while not door.budget.take(20):
        pass
    assert door.reader.products()
    with pytest.raises(BudgetSpentError):
        door.reader.candles("BTC", Timeframe.M1, 0, HOUR_MS)
