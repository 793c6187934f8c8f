"""A manager on an exchange in RAM and a clock by hand, and all that it told."""

import threading
from collections.abc import Mapping, Sequence

from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.exchange import MemoryExchange
from threet.adapters.memory.fetch_state import MemoryRateBudget
from threet.model.errors import FailureKind, UnreachableError
from threet.model.events import AlertRaised
from threet.model.products import Product
from threet.resilience.access_policy import AccessPolicy, Surroundings
from threet.resilience.exchange_manager import ExchangeManager

NOW_MS = 1_767_225_600_000
BTC = Product(exchange="hyperliquid", symbol="BTC", pair="B", max_leverage=40)
ADDRESS = "0x" + "1" * 40
DOWN = UnreachableError("meta", "HTTP 502", FailureKind.SERVER_ERROR)


class Door:
    """Waiting moves the clock."""

    def __init__(
        self,
        *,
        per_minute: int = 1200,
        retries_secs: Sequence[float] = (1, 2, 4),
        dexes: int = 0,
    ) -> None:
        self.clock = ManualClock(NOW_MS)
        self.exchange = MemoryExchange(self.clock, [BTC])
        self.budget = MemoryRateBudget(self.clock, per_minute=per_minute)
        self.notes: list[tuple[str, Mapping[str, object]]] = []
        self.alerts: list[AlertRaised] = []
        self.waits: list[float] = []
        self.manager = ExchangeManager(
            exchange=self.exchange,
            budget=self.budget,
            clock=self.clock,
            surroundings=Surroundings(
                lock=threading.RLock(),
                wait=self._wait,
                note=lambda name, fields: self.notes.append((name, fields)),
                alert=self.alerts.append,
                source="test",
            ),
            policy=AccessPolicy(retries_secs=retries_secs),
            dexes=dexes,
        )
        self.reader = self.manager.get_exchange()

    def _wait(self, secs: float) -> None:
        self.waits.append(secs)
        self.clock.advance(secs)

    def fail(self, times: int, error: UnreachableError = DOWN) -> None:
        self.exchange.fail_next(*[error] * times)

    def told(self, name: str) -> list[Mapping[str, object]]:
        return [fields for told, fields in self.notes if told == name]
