"""That a key may trade for an account, in RAM."""

from dataclasses import dataclass

from threet.accounts.authority import Authority


@dataclass(slots=True)
class MemoryAuthorityMemory:
    """Implements ``threet.accounts.trading_rights.AuthorityMemory``, without an end."""

    _found: Authority | None = None

    def keep(self, found: Authority) -> None:
        self._found = found

    def forget(self) -> None:
        self._found = None

    def recall(self) -> Authority | None:
        return self._found
