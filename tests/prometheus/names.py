"""How an instrument is called in Prometheus, and which names an expression asks for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from threet.adapters.telemetry.instruments import CATALOGUE, Instrument

_UNITS = {"s": "seconds", "By": "bytes"}
_HISTOGRAM = ("_bucket", "_sum", "_count")
# What the collector and Prometheus add to every series of ours.
EVERYWHERE = frozenset({"job", "instance", "le"})

# What others call their own; only those that are asked for.
OTHERS = frozenset(
    {
        # Prometheus itself, and what it makes of its rules and targets
        *("ALERTS", "up", "prometheus_notifications_alertmanagers_discovered"),
        *("prometheus_notifications_errors_total", "prometheus_rule_group_rules"),
        "prometheus_rule_evaluation_failures_total",
        "prometheus_rule_group_last_duration_seconds",
        *("prometheus_tsdb_compactions_failed_total", "prometheus_tsdb_head_series"),
        # Alertmanager
        *("alertmanager_alerts", "alertmanager_notifications_failed_total"),
        # The collector; some versions leave _total out
        "otelcol_exporter_send_failed_spans(_total)?",
        "otelcol_receiver_accepted_metric_points(_total)?",
        "otelcol_receiver_accepted_spans(_total)?",
        # redis_exporter
        *("redis_up", "redis_memory_used_bytes", "redis_memory_max_bytes"),
        *("redis_aof_enabled", "redis_aof_last_write_status"),
        *("redis_commands_processed_total", "redis_connected_clients"),
        "redis_evicted_keys_total",
        # mysqld_exporter
        *("mysql_up", "mysql_global_status_queries", "mysql_global_status_uptime"),
        "mysql_global_status_slow_queries",
        "mysql_global_status_threads_connected",
        "mysql_global_variables_max_connections",
        # Flower
        "flower_worker_online",
        "flower_worker_number_of_currently_executing_tasks",
    }
)

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)?\{((?:[^{}\"]|\"(?:[^\"\\]|\\.)*\")*)\}")
_MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*")')
_LABELS = re.compile(
    r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)"
)
_NAME = re.compile(r"(?<![\w.$])[a-zA-Z_:][\w:]*(?!\s*[\w(:])")
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "by", "on", "without"})


@dataclass(frozen=True, slots=True)
class Selector:
    """The name of a metric and what its labels are asked to be; ``text`` asks it."""

    name: str
    labels: Mapping[str, str]
    text: str = field(default="", compare=False)


def prometheus_name(instrument: Instrument) -> str:
    """By OpenTelemetry's rules: dots, then the unit, then _total for a counter."""
    name = instrument.name.replace(".", "_")
    unit = _UNITS.get(instrument.unit)
    if unit is not None and not name.endswith(f"_{unit}"):
        name = f"{name}_{unit}"
    return f"{name}_total" if instrument.kind == "counter" else name


def series() -> Mapping[str, Instrument]:
    """Every name of ours that can be asked for."""
    return {
        prometheus_name(one) + suffix: one
        for one in CATALOGUE
        for suffix in (_HISTOGRAM if one.kind == "histogram" else ("",))
    }


def label_names(instrument: Instrument) -> frozenset[str]:
    own = {attribute.replace(".", "_") for attribute in instrument.attributes}
    return EVERYWHERE | own


def selectors(expression: str) -> Iterator[Selector]:
    """Each metric that an expression asks for; those with braces first."""
    for name, inside in _SELECTOR.findall(expression):
        labels = {label: text[1:-1] for label, text in _MATCHER.findall(inside)}
        text = f"{name}{{{inside}}}"
        yield Selector(name or labels.pop("__name__"), labels, text)
    bare = _LABELS.sub(" ", _STRING.sub(" ", _SELECTOR.sub(" ", expression)))
    bare = re.sub(r"\[[^\]]*\]", " ", bare)
    for name in _NAME.findall(bare):
        if name not in _WORDS:
            yield Selector(name, {}, name)


def grouping(expression: str) -> set[str]:
    """The labels by which an expression groups and matches."""
    lists = (found.partition("(")[2][:-1] for found in _LABELS.findall(expression))
    return {label.strip() for one in lists for label in one.split(",")} - {""}
