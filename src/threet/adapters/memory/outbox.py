"""Outbox and inbox in RAM: for tests, and for trying things without a database."""

import threading
from collections.abc import Callable, Sequence

from threet.model.events import Envelope


class MemoryOutbox:
    def __init__(self) -> None:
        self._waiting: dict[str, Envelope] = {}
        self._lock = threading.Lock()

    def file(self, news: Sequence[Envelope]) -> None:
        """What an account store does together with its facts."""
        with self._lock:
            for envelope in news:
                self._waiting.setdefault(envelope.event_id, envelope)

    def waiting(self, limit: int) -> Sequence[Envelope]:
        with self._lock:
            return list(self._waiting.values())[:limit]

    def mark_published(self, event_ids: Sequence[str]) -> None:
        with self._lock:
            for event_id in event_ids:
                self._waiting.pop(event_id, None)


class MemoryInbox:
    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def take(self, consumer: str, event_id: str, effect: Callable[[], None]) -> bool:
        with self._lock:
            if (consumer, event_id) in self._seen:
                return False
            effect()
            self._seen.add((consumer, event_id))
        return True
