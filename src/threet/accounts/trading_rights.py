"""May the key trade? Asked at the start, remembered over restarts, asked again while it
trades: an agent may be revoked, or end, long after the start (O12, F32)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from threet.accounts.authority import Authority
from threet.model.errors import ConfigurationError, DependencyError
from threet.ports.clock import Clock
from threet.ports.rate_budget import Priority


class AuthorityMemory(Protocol):
    """Of one key and one account, for a day. Raises ``DependencyError``."""

    def keep(self, found: Authority) -> None: ...

    def forget(self) -> None: ...

    def recall(self) -> Authority | None: ...


@dataclass(slots=True, kw_only=True)
class TradingRights:
    """``ask`` raises ``ConfigurationError`` for a key that may not trade, and the
    ``ExchangeError`` family; ``is_confirmed`` once it answered this process.

    The question weighs 100 and more. Whoever starts again in a minute whose weight is
    used would wait for the answer with positions open, so the start goes by what is
    remembered, and asks afterwards, when there is weight to spare.
    """

    ask: Callable[[Priority], Authority]
    memory: AuthorityMemory
    clock: Clock
    is_confirmed: bool = False

    def at_start(self) -> Authority:
        """Raises what ``ask`` raises, where nothing is remembered."""
        recalled = self._recalled()
        return self._asked(Priority.ORDER) if recalled is None else recalled

    def confirmed(self) -> Authority:
        """Raises what ``ask`` raises."""
        return self._asked(Priority.ACCOUNT)

    def _asked(self, priority: Priority) -> Authority:
        try:
            found = self.ask(priority)
        except ConfigurationError:
            self._with_memory(self.memory.forget)
            raise
        self.is_confirmed = True
        self._with_memory(lambda: self.memory.keep(found))
        return found

    def _recalled(self) -> Authority | None:
        try:
            found = self.memory.recall()
        except DependencyError:
            return None
        is_over = found is not None and found.has_ended(self.clock.now_ms())
        return None if is_over else found

    @staticmethod
    def _with_memory(work: Callable[[], None]) -> None:
        """Without a memory the next start asks."""
        with suppress(DependencyError):
            work()
