"""What was decided, sent and filled, as somebody who only looks asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from threet.model.decisions import Decision
from threet.model.intents import OrderIntent
from threet.model.orders import Fill

Place = tuple[int, str]
"""Where a page ended: the time of its last entry, and what tells it from others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The newest ``limit`` entries, newest first; None asks for all.

    ``since_ms`` is included; ``before`` is where the page before ended.
    """

    limit: int
    symbol: str | None = None
    run: str | None = None
    since_ms: int | None = None
    before: Place | None = None


@dataclass(frozen=True, slots=True)
class RunOf:
    """A run as it was last begun; ``parameters`` is JSON."""

    name: str
    strategy: str
    parameters: str
    started_ms: int


@dataclass(frozen=True, slots=True)
class FillOf:
    """``run`` is whose order it was: "" of several runs together, None of nobody."""

    fill: Fill
    run: str | None


@dataclass(frozen=True, slots=True)
class IntentOf:
    intent: OrderIntent
    run: str


@dataclass(frozen=True, slots=True)
class Sent:
    """An order as it was committed: when, and its size at its limit, in USDC."""

    at_ms: int
    notional: Decimal


class TradingView(Protocol):
    """Of one account, changing nothing. Raises ``DependencyError``."""

    def decisions(self, page: Page) -> Sequence[Decision]: ...

    def fills(self, page: Page) -> Sequence[FillOf]: ...

    def open_intents(self) -> Sequence[IntentOf]:
        """Those of which it is not known whether they landed, oldest first."""

    def settled_intents(self, page: Page) -> Sequence[IntentOf]: ...

    def intents_by_cloid(self, cloids: Sequence[str]) -> Sequence[IntentOf]: ...

    def sent(self, since_ms: int) -> Sequence[Sent]:
        """Every order that was committed since then, but protective ones."""

    def runs(self) -> Sequence[RunOf]:
        """All that ever began, by name."""

    def mark(self) -> str:
        """Another text as soon as anything of the above is another."""


def place_of(entry: Decision | FillOf | IntentOf) -> Place:
    """What ``Page.before`` takes to go on behind this entry."""
    match entry:
        case Decision():
            return entry.at_ms, entry.decision_id
        case FillOf():
            return entry.fill.time_ms, str(entry.fill.tid)
        case IntentOf():
            return entry.intent.created_ms, entry.intent.intent_id
