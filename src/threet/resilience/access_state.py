"""What the threads of a process know together of their exchange, and its figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from threet.resilience.access_policy import RequestClass
from threet.resilience.circuit_breaker import CircuitBreaker
from threet.resilience.network_monitor import WINDOWS_SECS, NetworkMonitor

Figures = Mapping[str, int | float | str]


@dataclass(slots=True)
class Counts:
    requests: int = 0
    retries: int = 0
    not_asked: int = 0
    health_failures: int = 0
    recreated: int = 0


@dataclass(slots=True)
class AccessState:
    """Read and written under the manager's lock."""

    breakers: Mapping[RequestClass, CircuitBreaker]
    monitor: NetworkMonitor
    counts: Counts = field(default_factory=Counts)
    operations: int = 0
    probed_at: float = float("-inf")
    is_healthy: bool | None = None  # None until it was asked

    def figures(self, now: float) -> Figures:
        counts = self.counts
        return {
            "exchange_requests": counts.requests,
            "exchange_retries": counts.retries,
            "exchange_not_asked": counts.not_asked,
            "exchange_recreated": counts.recreated,
            "exchange_health_failures": counts.health_failures,
            **self._breaker_figures(),
            **self._network_figures(now),
        }

    def _breaker_figures(self) -> Figures:
        states = {
            f"breaker_{one.value}": breaker.state.value
            for one, breaker in self.breakers.items()
        }
        opened = sum(breaker.opened for breaker in self.breakers.values())
        return {**states, "breakers_opened": opened}

    def _network_figures(self, now: float) -> Figures:
        monitor = self.monitor
        windows = {
            f"exchange_errors_{window // 60}m": monitor.errors(now, window).total()
            for window in WINDOWS_SECS
        }
        kinds = {f"errors_{kind.value}": n for kind, n in monitor.totals.items()}
        quantiles = (("p50", 0.5), ("p99", 0.99))
        latencies = {
            f"exchange_{name}_ms": round(latency * 1000)
            for name, share in quantiles
            if (latency := monitor.latency(now, share)) is not None
        }
        return {**windows, **kinds, **latencies}
