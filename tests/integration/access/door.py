"""A manager as `bootstrap` makes it, on a real exchange's wire, without its waits."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from threet.adapters.hyperliquid.rest import HyperliquidReader
from threet.adapters.memory.fetch_state import MemoryRateBudget
from threet.adapters.system_clock import SystemClock
from threet.model.events import AlertRaised
from threet.resilience.access_policy import AccessPolicy, Surroundings
from threet.resilience.exchange_manager import ExchangeManager


@dataclass
class SkippedClock(SystemClock):
    """Real time, and what was skipped of it."""

    skipped_secs: float = 0.0
    waits: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return super().monotonic() + self.skipped_secs

    def skip(self, secs: float) -> None:
        self.waits.append(secs)
        self.skipped_secs += secs


class WireDoor:
    def __init__(
        self,
        url: str,
        *,
        timeout_secs: float,
        retries_secs: Sequence[float] = (1, 2, 4),
    ) -> None:
        self.clock = SkippedClock()
        self.notes: list[str] = []
        self.alerts: list[AlertRaised] = []
        self.exchange = HyperliquidReader(
            url=url, clock=self.clock, timeout_secs=timeout_secs
        )
        self.budget = MemoryRateBudget(self.clock)
        self.manager = ExchangeManager(
            exchange=self.exchange,
            budget=self.budget,
            clock=self.clock,
            surroundings=Surroundings(
                lock=threading.RLock(),
                wait=self.clock.skip,
                note=self._note,
                alert=self.alerts.append,
            ),
            policy=AccessPolicy(retries_secs=retries_secs),
        )
        self.reader = self.manager.get_exchange()

    def _note(self, name: str, fields: Mapping[str, object]) -> None:
        self.notes.append(name)
        del fields
