"""Ticks and deliveries: one chain from the frame to its effect, and honest delays."""

from collections.abc import Sequence

import pytest

from tests.builders import START_MS, prices
from tests.telemetry import Telemetry, parent_id, span_id, trace_id
from threet.adapters.memory.clock import ManualClock
from threet.adapters.telemetry.deliveries import DeliveryTraces
from threet.adapters.telemetry.ticks import TickTraces
from threet.model.events import Envelope

_DELAY = "threet.publisher.delay"


def _ticks(telemetry: Telemetry, clock: ManualClock, every: int) -> TickTraces:
    return TickTraces(telemetry.tracer, telemetry.histogram(_DELAY), clock, every)


def _deliveries(telemetry: Telemetry, clock: ManualClock) -> DeliveryTraces:
    delay = telemetry.histogram("threet.consumer.delay")
    return DeliveryTraces(telemetry.tracer, delay, clock)


def _batch(*traceparents: str) -> Sequence[Envelope]:
    return [
        Envelope(event_id=f"e-{n}", event=prices(("BTC", "1")), traceparent=one)
        for n, one in enumerate(traceparents)
    ]


def test_one_frame_in_every_so_many_is_traced() -> None:
    ticks = _ticks(Telemetry(), ManualClock(START_MS), every=3)
    frame = [prices(("BTC", "1"))]
    traced = [bool(ticks.received(frame)) for _ in range(7)]
    assert traced == [False, False, True, False, False, True, False]


def test_none_is_traced_when_nobody_looks() -> None:
    ticks = _ticks(Telemetry(), ManualClock(START_MS), every=0)
    assert ticks.received([prices(("BTC", "1"))]) == ""


def test_the_effect_descends_from_the_tick() -> None:
    telemetry, clock = Telemetry(), ManualClock(START_MS)
    ticks = _ticks(telemetry, clock, every=1)
    batch = _batch(ticks.received([prices(("BTC", "1"))]))
    ticks.published(batch)
    with _deliveries(telemetry, clock).processing("prices:updated", "mine", batch):
        pass
    tick, publish = telemetry.span("tick"), telemetry.span("publish")
    effect = telemetry.span("process prices:updated")
    assert parent_id(tick) is None
    assert parent_id(publish) == span_id(tick)
    assert parent_id(effect) == span_id(publish)
    assert trace_id(effect) == trace_id(tick)
    assert tick.start_time == START_MS * 1_000_000


def test_of_frames_that_wait_for_redis_no_more_than_a_hundred_are_traced() -> None:
    ticks = _ticks(Telemetry(), ManualClock(START_MS), every=1)
    frame = [prices(("BTC", "1"))]
    traced = [ticks.received(frame) for _ in range(500)]
    assert len([one for one in traced if one]) == 100
    ticks.published(_batch(traced[0]))
    assert ticks.received(frame) != ""


def test_a_frame_that_is_given_up_leaves_no_open_span_and_no_delay() -> None:
    telemetry, clock = Telemetry(), ManualClock(START_MS)
    ticks = _ticks(telemetry, clock, every=1)
    for envelope in _batch(ticks.received([prices(("BTC", "1"))]), ""):
        ticks.given_up(envelope)
    assert not telemetry.span("publish").status.is_ok
    assert telemetry.span("tick").end_time is not None
    assert telemetry.values(_DELAY) == {}


def test_the_delay_is_that_of_the_oldest_of_the_batch() -> None:
    telemetry, clock = Telemetry(), ManualClock(START_MS)
    ticks = _ticks(telemetry, clock, every=0)
    clock.advance(0.25)
    ticks.published(_batch(""))
    assert telemetry.values(_DELAY) == {frozenset(): 0.25}


def test_a_failed_effect_is_a_failed_span_and_no_delay() -> None:
    telemetry, clock = Telemetry(), ManualClock(START_MS)
    ticks, deliveries = _ticks(telemetry, clock, 1), _deliveries(telemetry, clock)
    batch = _batch(ticks.received([prices(("BTC", "1"))]), "")
    with (
        pytest.raises(ValueError, match="poison"),
        deliveries.processing("prices:updated", "mine", batch),
    ):
        raise ValueError("poison")
    assert not telemetry.span("process prices:updated").status.is_ok
    assert telemetry.values("threet.consumer.delay") == {}


@pytest.mark.parametrize("nonsense", ["?", "00-0-0-01", "é" * 99, "00-" + "f" * 60])
def test_a_traceparent_that_is_none_begins_a_trace_of_its_own(nonsense: str) -> None:
    telemetry, clock = Telemetry(), ManualClock(START_MS)
    deliveries = _deliveries(telemetry, clock)
    with deliveries.processing("prices:updated", "mine", _batch(nonsense)):
        pass
    assert parent_id(telemetry.span("process prices:updated")) is None
