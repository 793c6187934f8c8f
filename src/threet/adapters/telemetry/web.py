"""What the page's process is asked, and what it sees of all others."""

from collections.abc import Sequence
from dataclasses import dataclass

from opentelemetry.metrics import Histogram

from threet.ports.telemetry import Gauges, Reading


@dataclass(frozen=True, slots=True)
class WebMetrics:
    """Implements ``WebTelemetry``."""

    gauges: Gauges
    duration: Histogram

    def note(self, readings: Sequence[Reading]) -> None:
        self.gauges.note(readings)

    def served(self, method: str, route: str, status: int, secs: float) -> None:
        attributes = {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": str(status),
        }
        self.duration.record(secs, attributes)
