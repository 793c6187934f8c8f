"""What panels and alerts ask for is what somebody measures."""

import pytest

from tests.prometheus.expressions import every
from tests.prometheus.names import (
    EVERYWHERE,
    OTHERS,
    Selector,
    grouping,
    label_names,
    prometheus_name,
    selectors,
    series,
)
from threet.adapters.telemetry.instruments import Instrument


@pytest.mark.parametrize(
    ("kind", "name", "unit", "expected"),
    [
        ("counter", "threet.feed.frames", "{frame}", "threet_feed_frames_total"),
        ("counter", "process.cpu.time", "s", "process_cpu_time_seconds_total"),
        ("gauge", "process.memory.usage", "By", "process_memory_usage_bytes"),
        ("gauge", "threet.prices", "{symbol}", "threet_prices"),
        ("histogram", "threet.task.duration", "s", "threet_task_duration_seconds"),
    ],
)
def test_an_instrument_is_called_by_name_unit_and_kind(
    kind: str, name: str, unit: str, expected: str
) -> None:
    instrument = Instrument(name, kind, unit, "")  # type: ignore[arg-type]  # a Literal
    assert prometheus_name(instrument) == expected


def test_the_names_of_an_expression_are_found() -> None:
    expression = (
        'max by (job) (a_total{x="{b}",y!~"c"}) / on (job) group_left () rate(d[5m])'
        ' > 0.1 or absent(e) unless {__name__=~"f|g"} and 1e3 * h:i == 2'
    )
    assert list(selectors(expression)) == [
        Selector("a_total", {"x": "{b}", "y": "c"}),
        Selector("f|g", {}),
        *(Selector(name, {}) for name in ("d", "e", "h:i")),
    ]


def test_everything_asked_for_is_measured() -> None:
    ours = series()
    unknown = [
        f"{asked.where}: {one.name}"
        for asked in every()
        for one in selectors(asked.expression)
        if one.name not in ours and one.name not in OTHERS
    ]
    assert not unknown


def test_every_label_asked_for_is_an_attribute() -> None:
    ours = series()
    unknown = [
        f"{asked.where}: {one.name}{{{label}}}"
        for asked in every()
        for one in selectors(asked.expression)
        if one.name in ours
        for label in set(one.labels) - label_names(ours[one.name])
    ]
    assert not unknown


def test_every_label_grouped_by_is_of_something_asked_for() -> None:
    ours = series()
    for asked in every():
        found = [one.name for one in selectors(asked.expression)]
        if all(name in ours for name in found):
            known = EVERYWHERE.union(*(label_names(ours[name]) for name in found))
            assert grouping(asked.expression) <= known, asked.where


def test_nothing_is_listed_that_nobody_asks_for() -> None:
    asked = {one.name for each in every() for one in selectors(each.expression)}
    assert asked >= OTHERS
