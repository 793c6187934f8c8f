"""The figures of the board as metrics: every one is measured, or known not to be."""

from dataclasses import asdict

import pytest

from tests.telemetry import Telemetry
from threet.adapters.memory.clock import ManualClock
from threet.adapters.redis_streams.market_sink import SinkStatistics
from threet.adapters.telemetry.figures import Figures, MeteredBoard, readings
from threet.adapters.telemetry.instruments import CATALOGUE
from threet.adapters.telemetry.snapshot import STALE_AFTER_SECS, Snapshot, show
from threet.model.errors import DependencyError
from threet.ports.event_bus import ConsumerStatistics
from threet.ports.market_feed import FeedStatistics
from threet.ports.telemetry import Reading
from threet.resilience.access_policy import RequestClass
from threet.resilience.access_state import AccessState
from threet.resilience.circuit_breaker import CircuitBreaker
from threet.resilience.network_monitor import NetworkMonitor

_CATALOGUED = {one.name: one for one in CATALOGUE}
# Words, and figures that a histogram or another figure tells better.
_NOT_MEASURED = {
    *("last_refusal", "losses", "is_connected", "recovered", "late"),
    *("exchange_errors_1m", "exchange_errors_5m", "exchange_errors_15m"),
}


def _access() -> Figures:
    breakers = {one: CircuitBreaker() for one in RequestClass}
    return AccessState(breakers, NetworkMonitor()).figures(0.0)


@pytest.mark.parametrize(
    "figures",
    [
        asdict(FeedStatistics()),
        asdict(ConsumerStatistics()),
        asdict(SinkStatistics(offered=0, published=0, dropped=0, waiting=0)),
        _access(),
    ],
    ids=["feed", "consumer", "sink", "exchange"],
)
def test_every_figure_is_measured_or_known_not_to_be(figures: Figures) -> None:
    unmeasured = {name for name in figures if not readings(_kept(figures, name))}
    assert unmeasured <= _NOT_MEASURED


def _kept(figures: Figures, name: str) -> Figures:
    """One figure, and what tells a consumer from a feed."""
    marks = {"delivered": "?"} if "delivered" in figures else {}
    return {**marks, name: figures[name]}


def test_each_reading_is_of_the_catalogue_with_its_attributes() -> None:
    consumer = {**asdict(ConsumerStatistics()), "errors_dns": 1, "fetch_failed": 2}
    feed = {**asdict(FeedStatistics()), **_access()}
    for reading in (*readings(consumer), *readings(feed)):
        one = _CATALOGUED[reading.instrument]
        assert set(reading.attributes) == set(one.attributes)


def test_a_consumer_and_a_feed_count_their_own_reconnects() -> None:
    (feed,) = readings({"reconnects": 3})
    consumer = readings({"delivered": 0, "reconnects": 4})
    assert feed == Reading("threet.feed.reconnects", 3)
    assert Reading("threet.consumer.reconnects", 4) in consumer


def test_milliseconds_become_seconds() -> None:
    (reading,) = readings({"tick_age_max_ms": 1500})
    assert reading.value == 1.5


def test_a_breaker_in_a_state_nobody_knows_is_not_told_as_closed() -> None:
    assert readings({"breaker_orders": "melted"}) == []
    (open_,) = readings({"breaker_orders": "open"})
    assert (open_.value, open_.attributes) == (2, {"request_class": "orders"})


def test_an_unknown_figure_is_left_out() -> None:
    assert readings({"something_new": 1}) == []


class _BrokenBoard:
    async def beat(self, figures: Figures) -> None:
        raise DependencyError("redis", "away")

    async def farewell(self) -> None:
        raise DependencyError("redis", "away")


async def test_figures_are_measured_while_redis_is_away() -> None:
    clock, telemetry = ManualClock(0), Telemetry()
    snapshot = Snapshot(clock)
    show(telemetry.meter, [snapshot.readings])
    board = MeteredBoard(_BrokenBoard(), snapshot)
    with pytest.raises(DependencyError):
        await board.beat({"frames": 7})
    assert telemetry.values("threet.feed.frames") == {frozenset(): 7}


def test_a_gauge_nobody_repeats_is_unknown_and_a_counter_stays() -> None:
    clock, telemetry = ManualClock(0), Telemetry()
    snapshot = Snapshot(clock)
    show(telemetry.meter, [snapshot.readings])
    snapshot.note(readings({"waiting": 5, "published": 9}))
    clock.advance(STALE_AFTER_SECS + 1)
    assert telemetry.values("threet.publisher.waiting") == {}
    assert telemetry.values("threet.publisher.published") == {frozenset(): 9}


def test_what_is_not_repeated_vanishes_at_once() -> None:
    telemetry = Telemetry()
    snapshot = Snapshot(ManualClock(0))
    show(telemetry.meter, [snapshot.readings])
    position = "threet.position.value"
    snapshot.note([Reading(position, 5, {"symbol": "BTC"})])
    snapshot.note([Reading(position, 6, {"symbol": "ETH"})])
    assert telemetry.values(position) == {frozenset({("symbol", "ETH")}): 6}
