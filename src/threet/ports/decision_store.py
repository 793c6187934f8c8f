"""Why things were done (B7), what every run wants now, and what it must remember."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from threet.model.decisions import Decision, Granted

Memory = Mapping[str, float | int | str | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingTarget:
    """What a run wants of a symbol until it decides otherwise."""

    run: str
    granted: Granted
    decision_id: str
    at_ms: int


class DecisionStore(Protocol):
    """Raises ``DependencyError``; then nothing of the call was stored."""

    def begin(
        self, run: str, strategy: str, parameters: str, now_ms: int
    ) -> Memory | None:
        """Register a run; returns what it remembered, None for a new one.

        A run of other parameters under the same name begins anew: what another
        strategy remembered means nothing to it.
        """

    def record(self, decision: Decision, memory: Memory) -> bool:
        """In one transaction: the record, the targets it grants, the run's memory.

        False, and nothing changes, for a decision that is known: an event delivered
        twice decides once.
        """

    def knows(self, decision_id: str) -> bool: ...

    def targets(self) -> Sequence[StandingTarget]:
        """Of every run that was not ended."""

    def stop_out(self, symbol: str, until_ms: int, decision: Decision) -> bool:
        """In one transaction: the record, and nobody wants the symbol any more who
        wanted it at ``until_ms``, or by a clock that was ahead of the decision's.
        False, and nothing changes, for one that is known."""

    def end(self, run: str) -> None:
        """Forget what a run wants; its positions are then nobody's wish."""

    def why(
        self, symbol: str, limit: int, until_ms: int | None = None
    ) -> Sequence[Decision]:
        """The newest decisions about a symbol, newest first, ``until_ms`` included."""
