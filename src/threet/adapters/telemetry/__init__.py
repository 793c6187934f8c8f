"""Logs, metrics and traces: structlog and OpenTelemetry."""
