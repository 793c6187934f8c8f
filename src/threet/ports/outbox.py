"""News committed together with its facts, waiting to be published."""

from collections.abc import Callable, Sequence
from typing import Protocol

from threet.model.events import Envelope


class Outbox(Protocol):
    """Raises ``DependencyError``."""

    def waiting(self, limit: int) -> Sequence[Envelope]:
        """The oldest that are not marked as published, in order."""

    def mark_published(self, event_ids: Sequence[str]) -> None: ...


class Inbox(Protocol):
    """Which events have taken effect. Raises ``DependencyError``."""

    def take(self, consumer: str, event_id: str, effect: Callable[[], None]) -> bool:
        """Run the effect unless the consumer took the event before; whether it ran.

        Event and effect are one transaction: if the effect raises, its exception
        passes, the event is not remembered, and a redelivery tries again. What the
        effect writes into the inbox's own database, in this thread, happens exactly
        once; anything else at least once, since a crash may come between it and the
        commit. The effect should be short: others may wait for it.
        """
