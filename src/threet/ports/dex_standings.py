"""How an account stands on the builder dexes that are configured."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from threet.model.accounts import AccountState


@dataclass(frozen=True, slots=True, kw_only=True)
class DexStanding:
    """``amiss`` is why nothing can be traded there, "" where nothing is; ``account`` is
    what lies there and nowhere else, None without an address or where it is amiss."""

    dex: str
    amiss: str
    products: int
    account: AccountState | None


class DexStandings(Protocol):
    def standings(self, address: str | None) -> Sequence[DexStanding]:
        """Of each configured dex. Raises the ``ExchangeError`` family."""
