"""A collector for tests: takes OTLP over HTTP and keeps what it was told."""

import gzip
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)


@dataclass(frozen=True, slots=True)
class Span:
    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Point:
    service: str
    metric: str
    unit: str
    value: float
    attributes: Mapping[str, str]
    exemplar_trace_ids: tuple[str, ...] = ()


@dataclass(slots=True)
class Told:
    url: str = ""
    spans: list[Span] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)

    def services(self) -> set[str]:
        return {one.service for one in list(self.points)}

    def named(self, name: str) -> Sequence[Span]:
        return [one for one in list(self.spans) if one.name == name]

    def span(self, span_id: str) -> Span | None:
        return next((one for one in list(self.spans) if one.span_id == span_id), None)

    def newest(self, metric: str, **attributes: str) -> Point | None:
        wanted = attributes.items()
        found = [
            one
            for one in list(self.points)
            if one.metric == metric and wanted <= one.attributes.items()
        ]
        return found[-1] if found else None


@contextmanager
def collecting() -> Iterator[Told]:
    told = Told()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            if self.path == "/v1/traces":
                told.spans += _spans(ExportTraceServiceRequest.FromString(body))
            else:
                told.points += _points(ExportMetricsServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def black_hole() -> Iterator[str]:
    """Takes connections and answers nothing, ever."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1000)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def _spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource in request.resource_spans:
        service = _plain(resource.resource.attributes)["service.name"]
        for scope in resource.scope_spans:
            for one in scope.spans:
                yield Span(
                    service,
                    one.name,
                    one.trace_id.hex(),
                    one.span_id.hex(),
                    one.parent_span_id.hex(),
                    _plain(one.attributes),
                )


def _points(request: ExportMetricsServiceRequest) -> Iterator[Point]:
    for resource in request.resource_metrics:
        service = _plain(resource.resource.attributes)["service.name"]
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                kind = getattr(metric, metric.WhichOneof("data"))
                for one in kind.data_points:
                    yield Point(
                        service,
                        metric.name,
                        metric.unit,
                        _value(one),
                        _plain(one.attributes),
                        tuple(each.trace_id.hex() for each in one.exemplars),
                    )


def _value(point: Any) -> float:
    """Of a histogram the number of its values."""
    if hasattr(point, "bucket_counts"):
        return float(point.count)
    return float(getattr(point, point.WhichOneof("value")))


def _plain(attributes: Any) -> dict[str, str]:
    return {
        one.key: str(getattr(one.value, one.value.WhichOneof("value") or ""))
        for one in attributes
    }
