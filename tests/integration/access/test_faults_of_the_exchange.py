"""The door against an exchange that fails in each way it can: the wire, for real."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest

from hlsim.faults.kinds import (
    LoseRequest,
    Maintenance,
    MalformedAnswer,
    Plan,
    RefuseRequest,
)
from hlsim.faults.plan import Fault
from hlsim.server.settings import Limits, Settings
from hlsim.testing import Served, serving
from tests.integration.access.door import WireDoor
from threet.model.errors import (
    CircuitOpenError,
    ExchangeError,
    FailureKind,
    MalformedAnswerError,
    RateLimitedError,
    UnreachableError,
)

ADDRESS = "0x" + "1" * 40
# A machine that is slow is no exchange that hangs: only where one does it is short.
PATIENCE_SECS = 20.0


@contextmanager
def failing(*faults: Fault, ip_weight: int = 0) -> Iterator[Served]:
    settings = Settings(
        symbols=5,
        history_days=0,
        limits=Limits(ip_weight=ip_weight),
        faults=Plan(faults=faults),
        control_port=0,
    )
    with serving(settings) as served:
        yield served


@contextmanager
def door_to(
    served: Served,
    *,
    timeout_secs: float = PATIENCE_SECS,
    retries_secs: Sequence[float] = (1, 2, 4),
) -> Iterator[WireDoor]:
    door = WireDoor(served.url, timeout_secs=timeout_secs, retries_secs=retries_secs)
    try:
        yield door
    finally:
        door.exchange.close()


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("body", ["html", "text", "empty"])
def test_a_server_error_that_passes_is_not_noticed_by_who_asked(
    status: int, body: str
) -> None:
    fault = RefuseRequest(status=status, body=body, count=3, types=("meta",))  # type: ignore[arg-type]  # of the plan
    with failing(fault) as served, door_to(served) as door:
        assert len(door.reader.products()) == 5
        assert len(door.clock.waits) == 3
        assert door.manager.figures()["errors_server_error"] == 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (LoseRequest(types=("meta",), count=1, instead="hang"), FailureKind.TIMEOUT),
        (LoseRequest(types=("meta",), count=1, instead="reset"), FailureKind.CLOSED),
        (LoseRequest(types=("meta",), count=1, instead="close"), FailureKind.CLOSED),
        (MalformedAnswer(types=("meta",), count=1, how="html"), FailureKind.MALFORMED),
        (MalformedAnswer(types=("meta",), count=1, how="cut"), FailureKind.MALFORMED),
    ],
)
def test_what_was_lost_on_the_way_is_asked_again_and_counted_by_its_kind(
    fault: Fault, kind: FailureKind
) -> None:
    secs = 0.5 if kind is FailureKind.TIMEOUT else PATIENCE_SECS
    with failing(fault) as served, door_to(served, timeout_secs=secs) as door:
        assert len(door.reader.products()) == 5
        # Each try that failed is one wait: one, or more where we ourselves were slow.
        failed = len(door.clock.waits)
        assert door.manager.figures()[f"errors_{kind.value}"] == failed >= 1
        assert kind is FailureKind.TIMEOUT or failed == 1


def test_o9_f36_a_429_slows_down_as_told_and_opens_nothing() -> None:
    fault = RefuseRequest(types=("meta",), count=1, retry_after_secs=7)
    with failing(fault) as served, door_to(served) as door:
        assert len(door.reader.products()) == 5
        assert door.clock.waits == [7]
        assert "exchange_slow_down" in door.notes
        assert door.manager.figures()["breakers_opened"] == 0


def test_an_outage_opens_the_breaker_and_its_end_closes_it_by_one_trial() -> None:
    down = RefuseRequest(status=502, body="html")
    with failing(down) as served, door_to(served, retries_secs=()) as door:
        for _ in range(5):
            with pytest.raises(UnreachableError):
                door.reader.products()
        asked = injected(served)
        with pytest.raises(CircuitOpenError):
            door.reader.products()
        assert injected(served) == asked
        door.clock.skip(11)
        with pytest.raises(CircuitOpenError):
            door.reader.products()  # looked, and the exchange is still away
        assert injected(served) == asked + 1
        lift(served)
        door.clock.skip(11)
        assert len(door.reader.products()) == 5
        assert door.manager.figures()["breaker_reads"] == "closed"
        assert door.notes.count("breaker_changed") == 3


def test_reads_that_fail_leave_the_account_readable() -> None:
    down = RefuseRequest(status=500, body="text", types=("meta",))
    with failing(down) as served, door_to(served, retries_secs=()) as door:
        for _ in range(5):
            with pytest.raises(UnreachableError):
                door.reader.products()
        assert door.reader.account(ADDRESS).address == ADDRESS
        assert door.reader.address_use(ADDRESS).used == 0


def test_f64_with_the_network_cut_the_health_check_is_red_at_once() -> None:
    with failing() as served, door_to(served) as door:
        assert door.reader.server_ms() > 0
        assert door.reader.products()
    with pytest.raises(UnreachableError) as caught:
        door.reader.server_ms()
    assert caught.value.kind is FailureKind.CONNECTION_REFUSED
    assert door.manager.figures()["exchange_recreated"] == 1


def test_half_open_connections_are_given_up_and_made_anew() -> None:
    """Pooled connections on which bytes vanish; new ones are answered."""
    hang = LoseRequest(types=("exchangeStatus",), count=1, instead="hang")
    with failing(hang) as served, door_to(served, timeout_secs=1.5) as door:
        assert door.reader.products()
        with pytest.raises(UnreachableError) as caught:
            door.reader.server_ms()
        assert caught.value.kind is FailureKind.TIMEOUT
        assert door.reader.server_ms() > 0


def test_o8_maintenance_refuses_actions_and_is_no_outage_of_reads() -> None:
    maintenance = Maintenance(text="upgrade", after_ms=0)
    with failing(maintenance) as served, door_to(served) as door:
        assert len(door.reader.products()) == 5
        assert door.manager.figures()["breaker_reads"] == "closed"


def test_f57_an_answer_given_up_is_never_given_to_another_request() -> None:
    """Many requests over the pool, each third given up; each gets its own answer."""
    slow = LoseRequest(types=("clearinghouseState",), rate=0.3, instead="hang")
    answered = 0
    with failing(slow) as served, door_to(served, timeout_secs=0.1) as door:
        for number in range(30):
            address = f"0x{number:040x}"
            with suppress(ExchangeError):
                assert door.exchange.account(address).address == address
            # A slow machine may give this one up, too, and is none the wiser then.
            with suppress(UnreachableError):
                assert len(door.exchange.products()) == 5
                answered += 1
    assert answered


def test_a_flood_of_html_raises_an_alert() -> None:
    html = MalformedAnswer(types=("meta",), how="html")
    with failing(html) as served, door_to(served) as door:
        with pytest.raises(MalformedAnswerError):
            door.reader.products()
        assert [one.name for one in door.alerts] == ["exchange_malformed"]


def test_the_exchanges_own_limiter_is_heeded_when_it_is_met() -> None:
    """Others on this address have used its weight: the door waits, and asks no more."""
    with failing(ip_weight=100) as served, door_to(served) as door:
        for _ in range(5):
            door.exchange.products()
        with pytest.raises(RateLimitedError):
            door.manager.get_exchange().products()
        assert door.budget.state().paused_secs > 0
        assert sum(door.clock.waits) <= 30


def injected(served: Served) -> int:
    """How many requests were failed so far."""
    faults = served.server.faults
    assert faults is not None
    return served.call(lambda _: sum(faults.injector.counters.values()))


def lift(served: Served) -> None:
    """From now on nothing fails."""
    faults = served.server.faults
    assert faults is not None
    numbers = [armed.number for armed in faults.injector.armed]
    served.call(lambda _: [faults.injector.remove(number) for number in numbers])
