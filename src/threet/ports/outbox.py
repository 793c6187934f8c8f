"""News committed together with its facts, waiting to be published."""

from collections.abc import Sequence
from typing import Protocol

from threet.model.events import Envelope


class Outbox(Protocol):
    """Raises ``DependencyError``."""

    def waiting(self, limit: int) -> Sequence[Envelope]:
        """The oldest that are not marked as published, in order."""

    def mark_published(self, event_ids: Sequence[str]) -> None: ...


class Inbox(Protocol):
    """Which events have taken effect, for consumers whose effect is not a row."""

    def first_time(self, consumer: str, event_ids: Sequence[str]) -> Sequence[str]:
        """Remember all ids for the consumer; return those it had not seen before."""
