"""Structured logs to stderr: for people on a terminal, as JSON for machines."""

import logging
import sys
from typing import TextIO

import structlog
from opentelemetry import trace


def _with_trace(
    _logger: object, _method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    """The ids by which a line is found from its trace, and the other way round."""
    here = trace.get_current_span().get_span_context()
    if here.is_valid:
        event["trace_id"] = trace.format_trace_id(here.trace_id)
        event["span_id"] = trace.format_span_id(here.span_id)
    return event


def configure(
    *, process: str, level: str, as_json: bool, file: TextIO | None = None
) -> None:
    """Once for each process, before anything is logged; to stderr without ``file``."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _with_trace,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level]
        ),
        logger_factory=structlog.PrintLoggerFactory(file=file or sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
