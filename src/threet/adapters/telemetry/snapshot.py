"""Counters and gauges that show the newest readings of a process when asked."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from threet.adapters.telemetry.instruments import CATALOGUE, Instrument
from threet.ports.clock import Clock
from threet.ports.telemetry import Reading

# What a process has not repeated for so long is not known any more; a counter is.
STALE_AFTER_SECS = 60.0
_COUNTERS = frozenset(one.name for one in CATALOGUE if one.kind == "counter")
Source = Callable[[], Sequence[Reading]]


class Snapshot:
    """Implements ``threet.ports.telemetry.Gauges``; noted in one thread, read by
    another."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._noted: tuple[float, Sequence[Reading]] = (float("-inf"), ())

    def note(self, readings: Sequence[Reading]) -> None:
        self._noted = (self._clock.monotonic(), tuple(readings))

    def readings(self) -> Sequence[Reading]:
        noted_at, readings = self._noted
        if self._clock.monotonic() - noted_at <= STALE_AFTER_SECS:
            return readings
        return [one for one in readings if one.instrument in _COUNTERS]


def show(meter: Meter, sources: Sequence[Source]) -> None:
    """Let the meter ask ``sources`` whenever it is read."""
    for one in CATALOGUE:
        observe = partial(_observe, one, sources)
        told = {"unit": one.unit, "description": one.description}
        if one.kind == "counter":
            meter.create_observable_counter(one.name, [observe], **told)
        elif one.kind == "gauge":
            meter.create_observable_gauge(one.name, [observe], **told)


def _observe(
    instrument: Instrument, sources: Sequence[Source], _: CallbackOptions
) -> Iterable[Observation]:
    for source in sources:
        for reading in source():
            if reading.instrument == instrument.name:
                yield Observation(float(reading.value), dict(reading.attributes))
