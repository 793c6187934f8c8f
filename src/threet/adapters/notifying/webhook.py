"""Alerts posted as JSON to a URL, which may hold a token and is never shown."""

import msgspec
import urllib3

from threet.model.errors import DependencyError
from threet.model.events import AlertRaised

_TIMEOUT_SECS = 5.0
_REFUSED = 300


class WebhookNotifier:
    """Implements ``threet.ports.notifier.Notifier``.

    ``text`` is there for chat services that show it; the other fields for programs.
    """

    def __init__(self, url: str, *, timeout_secs: float = _TIMEOUT_SECS) -> None:
        self._url = url
        self._pool = urllib3.PoolManager(
            retries=False,
            timeout=urllib3.Timeout(total=timeout_secs),
        )

    def __repr__(self) -> str:
        return "WebhookNotifier(...)"

    def notify(self, alert: AlertRaised) -> None:
        text = f"3T {alert.source}: {alert.name} ({alert.count}): {alert.message}"
        body = {"text": text, **msgspec.structs.asdict(alert)}
        try:
            response = self._pool.request(
                "POST",
                self._url,
                body=msgspec.json.encode(body),
                headers={"Content-Type": "application/json"},
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            # Its words hold the host, and may hold the path.
            raise DependencyError("webhook", type(error).__name__) from None
        if response.status >= _REFUSED:
            raise DependencyError("webhook", f"HTTP {response.status}")
