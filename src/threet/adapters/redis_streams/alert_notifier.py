"""Alerts as events on their stream."""

from threet.adapters.redis_streams.blocking_publisher import BlockingPublisher
from threet.model.events import AlertRaised, Envelope


class StreamNotifier:
    """Implements ``threet.ports.notifier.Notifier``."""

    def __init__(self, publisher: BlockingPublisher) -> None:
        self._publisher = publisher

    def notify(self, alert: AlertRaised) -> None:
        event_id = f"alert/{alert.source}/{alert.name}/{alert.received_ns}"
        self._publisher.publish([Envelope(event_id=event_id, event=alert)])
