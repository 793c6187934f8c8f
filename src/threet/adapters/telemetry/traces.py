"""A trace's way through entries and headers (W3C Trace Context)."""

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACEPARENT = "traceparent"
_PROPAGATOR = TraceContextTextMapPropagator()


def traceparent_of(span: trace.Span) -> str:
    """ "" for a span of no trace."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, trace.set_span_in_context(span, Context()))
    return carrier.get(TRACEPARENT, "")


def current_traceparent() -> str:
    """Of the work this thread does now, "" when it is not traced."""
    return traceparent_of(trace.get_current_span())


def context_of(traceparent: str) -> Context:
    """The context to continue in; an empty one for what is no traceparent."""
    return _PROPAGATOR.extract({TRACEPARENT: traceparent}, Context())
