"""Spans as Jaeger tells them, or the sink that stands in for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.stack.asking import told
from tests.stack.engine import PORTS, Project

JAEGER = f"http://127.0.0.1:{PORTS['JAEGER_PORT']}"


@dataclass(frozen=True, slots=True)
class Span:
    trace: str
    key: str
    parent: str
    name: str
    service: str


def spans_of(project: Project, service: str) -> Sequence[Span]:
    """Of the newest traces that the service took part in."""
    if project.is_fake("jaeger"):
        every = [_of_the_sink(one) for one in told(f"{JAEGER}/spans")]
        traces = {one.trace for one in every if one.service == service}
        return [one for one in every if one.trace in traces]
    found = told(f"{JAEGER}/api/traces?service={service}&limit=50")["data"]
    return [span for trace in found for span in _of_jaeger(trace)]


def chains(spans: Sequence[Span], name: str) -> Iterator[list[str]]:
    """Of each span of that name: its service and name, its parent's, and so on up."""
    by_key: Mapping[tuple[str, str], Span] = {
        (one.trace, one.key): one for one in spans
    }
    for span in spans:
        if span.name == name:
            chain: list[str] = []
            at: Span | None = span
            while at is not None:
                chain.append(f"{at.service}: {at.name}")
                at = by_key.get((at.trace, at.parent))
            yield chain


def _of_the_sink(one: Any) -> Span:
    return Span(
        one["traceId"], one["spanId"], one["parentSpanId"], one["name"], one["service"]
    )


def _of_jaeger(trace: Any) -> Iterator[Span]:
    for one in trace["spans"]:
        parents = [ref["spanID"] for ref in one["references"]]
        service = trace["processes"][one["processID"]]["serviceName"]
        yield Span(
            one["traceID"],
            one["spanID"],
            parents[0] if parents else "",
            one["operationName"],
            service,
        )
