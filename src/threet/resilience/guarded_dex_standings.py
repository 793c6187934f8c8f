"""Questions about the builder dexes, through budget, breaker and monitor."""

from collections.abc import Sequence

from threet.ports.dex_standings import DexStanding, DexStandings
from threet.ports.rate_budget import Priority
from threet.resilience import request_weights as weights
from threet.resilience.access_policy import RequestClass
from threet.resilience.guarded_reader import Access, Request


class GuardedDexStandings:
    """Implements ``DexStandings``; ``dexes`` is how many are asked."""

    def __init__(self, reader: DexStandings, access: Access, *, dexes: int) -> None:
        self._reader = reader
        self._access = access
        self._weight = weights.PLAIN * (1 + dexes) + weights.LIGHT * dexes

    def standings(self, address: str | None) -> Sequence[DexStanding]:
        request = Request(
            name="perpDexs", weight=self._weight, priority=Priority.ACCOUNT
        )
        return self._access.execute_with_retry(
            lambda: self._reader.standings(address), RequestClass.ACCOUNT, request
        )
