"""Tells people that something needs them."""

from typing import Protocol

from threet.model.events import AlertRaised


class Notifier(Protocol):
    def notify(self, alert: AlertRaised) -> None:
        """May block for a bounded time.

        Raises ``DependencyError`` if it did not get there, without any secret in it.
        """
