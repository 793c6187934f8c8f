"""What keeps an account from new risk, over restarts, until somebody resumes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

KILL_SWITCH = "kill_switch"
# Beside the kill switch: every position is to be closed as well.
FLATTEN = "flatten"
LIQUIDATION = "liquidation"
# What is booked does not explain the account's value; it ends by itself.
EQUITY = "equity"
# What only a person ends.
BY_HAND = (KILL_SWITCH, FLATTEN, LIQUIDATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """``cause`` is a word of ours, ``reason`` is for people."""

    cause: str
    reason: str
    since_ms: int


class HaltStore(Protocol):
    """Of one account. Raises ``DependencyError``."""

    def halt(self, cause: str, reason: str, now_ms: int) -> bool:
        """False if it was halted for that cause already: the first reason stays."""

    def halts(self) -> Sequence[Halt]: ...

    def resume(self, cause: str) -> bool:
        """False if there was nothing to resume."""
