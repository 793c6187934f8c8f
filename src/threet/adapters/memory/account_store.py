"""Account readings in lists, with the news that was filed beside them."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from threet.model.accounts import AccountState
from threet.model.errors import DependencyError
from threet.model.events import Envelope
from threet.model.numbers import require_believable
from threet.ports.account_store import BalancePoint


class MemoryAccountStore:
    """``is_down`` makes every call fail as a database that does not answer."""

    def __init__(self) -> None:
        self._readings: defaultdict[str, list[AccountState]] = defaultdict(list)
        self.filed: list[Envelope] = []
        self.is_down = False
        self._lock = threading.Lock()

    def record(self, state: AccountState, news: Sequence[Envelope]) -> bool:
        for position in state.positions:
            require_believable("quantity", position.quantity)
        with self._lock:
            current = self.current(state.address)
            if current is not None and state.account_ms <= current.account_ms:
                return False
            self._readings[state.address].append(state)
            self.filed.extend(news)
            return True

    def current(self, address: str) -> AccountState | None:
        self._require_up()
        readings = self._readings.get(address)
        return readings[-1] if readings else None

    def equities(self, address: str, since_ms: int) -> Sequence[tuple[int, Decimal]]:
        return [
            (one.account_ms, one.account_value)
            for one in self.history(address, 1_000_000)
            if one.account_ms >= since_ms
        ]

    def history(self, address: str, limit: int) -> Sequence[BalancePoint]:
        self._require_up()
        newest = self._readings.get(address, [])[-limit:] if limit > 0 else []
        return tuple(
            BalancePoint(
                account_ms=state.account_ms,
                account_value=state.account_value,
                withdrawable=state.withdrawable,
            )
            for state in newest
        )

    def _require_up(self) -> None:
        if self.is_down:
            raise DependencyError("database", "does not answer")
