"""Who an address is at the exchange, and who may sign for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Role(Enum):
    MISSING = "missing"  # nothing was ever paid in
    USER = "user"
    AGENT = "agent"
    SUB_ACCOUNT = "subAccount"
    VAULT = "vault"


class AccountMode(Enum):
    """Where the collateral of perpetuals lies. ``SEPARATE`` is an account of their own:
    the only one whose equity 3T can read (F34)."""

    SEPARATE = "separate"
    UNIFIED = "unified"  # with what is held of spot
    PORTFOLIO = "portfolio"


@dataclass(frozen=True, slots=True)
class Standing:
    """``owner`` is whom an agent signs for, or the master of a sub-account."""

    role: Role
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Somebody who may sign; ``valid_until_ms`` is None where no end is told."""

    address: str
    name: str
    valid_until_ms: int | None


class IdentityReader(Protocol):
    """Raises the ``ExchangeError`` family."""

    def standing(self, address: str) -> Standing: ...

    def agents(self, address: str) -> Sequence[Agent]:
        """The named ones that an account has approved."""

    def mode(self, address: str) -> AccountMode: ...

    def leader(self, vault: str) -> str | None:
        """None for a vault the exchange does not know."""
