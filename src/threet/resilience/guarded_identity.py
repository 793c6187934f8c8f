"""Questions about roles, through the one door to the exchange."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from threet.ports.identity import AccountMode, Agent, IdentityReader, Standing
from threet.ports.rate_budget import Priority
from threet.resilience import request_weights as weights
from threet.resilience.access_policy import RequestClass
from threet.resilience.guarded_reader import Access, Request

T = TypeVar("T")


class GuardedIdentity:
    """Implements ``IdentityReader``; nothing trades before it was answered once."""

    def __init__(
        self,
        reader: IdentityReader,
        access: Access,
        *,
        priority: Priority = Priority.ORDER,
    ) -> None:
        self._reader = reader
        self._access = access
        self._priority = priority

    def standing(self, address: str) -> Standing:
        return self._asked(
            "userRole", weights.ROLE, lambda: self._reader.standing(address)
        )

    def agents(self, address: str) -> Sequence[Agent]:
        return self._asked(
            "extraAgents", weights.PLAIN, lambda: self._reader.agents(address)
        )

    def mode(self, address: str) -> AccountMode:
        return self._asked(
            "userAbstraction", weights.PLAIN, lambda: self._reader.mode(address)
        )

    def leader(self, vault: str) -> str | None:
        return self._asked(
            "vaultDetails", weights.PLAIN, lambda: self._reader.leader(vault)
        )

    def _asked(self, name: str, weight: int, question: Callable[[], T]) -> T:
        request = Request(name=name, weight=weight, priority=self._priority)
        return self._access.execute_with_retry(question, RequestClass.ACCOUNT, request)
